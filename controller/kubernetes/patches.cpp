#include "controller/kubernetes/patches.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "controller/kubernetes/state_annotation.h"

namespace ebbgate::kubernetes {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kMetadata = "/metadata/annotations";
constexpr const char* kTemplateMetadata = "/spec/template/metadata/annotations";

// One of our annotations, as it was seen.
struct Place {
  const char* map;
  std::string_view key;
  bool has_map;
  std::optional<std::string> value;

  // A key's path in a map that is missing cannot be tested.
  std::string tested_path() const { return has_map ? key_path() : map; }
  std::string key_path() const {
    std::string path = std::string(map) + "/";
    for (const char c : key) {
      if (c == '~') {
        path += "~0";
      } else if (c == '/') {
        path += "~1";
      } else {
        path += c;
      }
    }
    return path;
  }
  bool operator==(const Place&) const = default;
};

Place hash_place(const WorkloadObject& seen) {
  return {kTemplateMetadata, kHashAnnotation, seen.template_has_annotations, seen.hash};
}

Place state_place(const WorkloadObject& seen) {
  const auto found = seen.annotations.find(kStateAnnotation);
  return {kMetadata, kStateAnnotation, seen.has_annotations,
          found == seen.annotations.end() ? std::nullopt : std::optional(found->second)};
}

Json test(const std::string& path, const std::optional<std::string>& value) {
  return {{"op", "test"}, {"path", path}, {"value", value ? Json(*value) : Json()}};
}

// Adding a map where there is one would wipe it.
Json set(const Place& place, std::string_view value) {
  if (place.has_map) {
    return {{"op", "add"}, {"path", place.key_path()}, {"value", value}};
  }
  return {{"op", "add"}, {"path", place.map}, {"value", {{std::string(place.key), value}}}};
}

Json tests(const WorkloadObject& seen) {
  const Place hash = hash_place(seen);
  const Place state = state_place(seen);
  Json patch = Json::array();
  patch.push_back(test("/metadata/uid", seen.uid));
  patch.push_back(test(hash.tested_path(), hash.value));
  patch.push_back(test(state.tested_path(), state.value));
  return patch;
}

std::string text(const Json& patch) {
  return patch.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string rollout_patch(const WorkloadObject& seen, std::string_view hash,
                          std::string_view state) {
  Json patch = tests(seen);
  patch.push_back(set(hash_place(seen), hash));
  patch.push_back(set(state_place(seen), state));
  return text(patch);
}

std::string state_patch(const WorkloadObject& seen, std::string_view state) {
  Json patch = tests(seen);
  patch.push_back(set(state_place(seen), state));
  return text(patch);
}

bool passes_tests(const WorkloadObject& fresh, const WorkloadObject& seen) {
  return fresh.uid == seen.uid && hash_place(fresh) == hash_place(seen) &&
         state_place(fresh) == state_place(seen);
}

}  // namespace ebbgate::kubernetes
