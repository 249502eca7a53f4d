#include "controller/kubernetes/object_metadata.h"

#include <charconv>

namespace ebbgate::kubernetes {

namespace {

bool read_version(const JsonReader& reader, JsonReader::Value value, std::uint64_t& version) {
  std::string text;
  if (!reader.read(value, text)) return false;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, version);
  return error == std::errc() && stop == end;
}

bool read_annotations(const JsonReader& reader, JsonReader::Value value, KeepAnnotation keep,
                      ObjectMetadata& metadata) {
  metadata.has_annotations = !JsonReader::is_null(value);
  return reader.members(value, [&](std::string_view key, JsonReader::Value text) {
    return !keep(key) || reader.read(text, metadata.annotations[std::string(key)]);
  });
}

}  // namespace

std::optional<ObjectMetadata> read_metadata(const JsonReader& reader, JsonReader::Object& object,
                                            KeepAnnotation keep) {
  JsonReader::Value value;
  if (object.find_field_unordered("metadata").get(value) != simdjson::SUCCESS) return std::nullopt;
  ObjectMetadata metadata;
  bool has_version = false;
  const bool understood = reader.members(value, [&](std::string_view key, JsonReader::Value field) {
    if (key == "name") return reader.read(field, metadata.name);
    if (key == "namespace") return reader.read(field, metadata.namespace_name);
    if (key == "uid") return reader.read(field, metadata.uid);
    if (key == "generation") return JsonReader::read(field, metadata.generation);
    if (key == "annotations") return read_annotations(reader, field, keep, metadata);
    if (key == "resourceVersion") {
      has_version = true;
      return read_version(reader, field, metadata.resource_version);
    }
    if (key == "deletionTimestamp") metadata.deleting = !JsonReader::is_null(field);
    return true;
  });
  if (!understood || !has_version || metadata.name.empty() || metadata.namespace_name.empty()) {
    return std::nullopt;
  }
  return metadata;
}

}  // namespace ebbgate::kubernetes
