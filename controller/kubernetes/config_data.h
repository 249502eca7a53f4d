#pragma once

#include <cstdint>
#include <optional>

#include "controller/kubernetes/config_object.h"
#include "controller/kubernetes/json_reader.h"

namespace ebbgate::kubernetes {

/// What was read of a ConfigMap or Secret.
struct ConfigReading {
  std::uint64_t resource_version = 0;
  std::optional<ConfigObject> object;  ///< only when somebody references it
};

/// Reads a ConfigMap or Secret: its metadata first, and its data only where it is of interest and
/// `with_data`. Nothing for what is none.
///
/// A value that cannot be decoded counts as what was sent for it, which is a change when that
/// changes; a null value is an empty one.
std::optional<ConfigReading> read_config(const JsonReader& reader, JsonReader::Object object,
                                         ConfigKind kind, const InterestOf& interest,
                                         bool with_data);

}  // namespace ebbgate::kubernetes
