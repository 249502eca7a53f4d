#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "controller/kubernetes/json_reader.h"

namespace ebbgate::kubernetes {

/// What is read of an object's metadata.
struct ObjectMetadata {
  std::string namespace_name;
  std::string name;
  std::string uid;
  std::uint64_t resource_version = 0;
  std::int64_t generation = 0;
  bool deleting = false;
  bool has_annotations = false;                                 ///< they are there, maybe empty
  std::map<std::string, std::string, std::less<>> annotations;  ///< those to keep
};

/// Whether an annotation is kept.
using KeepAnnotation = bool (*)(std::string_view key);

/// Reads the `metadata` of an object, wherever it stands in it. Nothing where name, namespace or
/// resource version are missing.
std::optional<ObjectMetadata> read_metadata(const JsonReader& reader, JsonReader::Object& object,
                                            KeepAnnotation keep);

}  // namespace ebbgate::kubernetes
