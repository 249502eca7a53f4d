#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/kubernetes/config_index.h"

namespace ebbgate::kubernetes {

inline ConfigName config_map(const std::string& name, const std::string& space = "default") {
  return {ConfigKind::config_map, space, name};
}

inline ConfigName secret(const std::string& name, const std::string& space = "default") {
  return {ConfigKind::secret, space, name};
}

inline WorkloadKey deployment(const std::string& name) {
  return {"default", "Deployment", name};
}

using Content = std::vector<std::pair<std::string, std::string>>;  // sorted by key

/// What a parser makes of an object.
inline ConfigObject parsed(const ConfigName& name, std::uint64_t version, const Content& content,
                           const Interest& interest) {
  ConfigObject object;
  object.name = name;
  object.resource_version = version;
  object.interest = interest;
  Sha256 whole;
  for (const auto& [key, value] : content) {
    whole.add_field(key).add_field(sha256(value).hex());
    if (interest.keys.count(key) > 0) object.keys.emplace_back(key, sha256(value));
  }
  if (interest.whole) object.whole = whole.finish();
  return object;
}

/// A small index whose objects are parsed for what it is interested in.
struct Indexed {
  ConfigIndex index;

  std::vector<WorkloadKey> found(const ConfigName& name, std::uint64_t version,
                                 const Content& content) {
    return index.found(parsed(name, version, content, index.interest(name)));
  }
  std::vector<WorkloadKey> fetched(const ConfigName& name, std::uint64_t version,
                                   const Content& content) {
    return index.fetched(parsed(name, version, content, index.interest(name)));
  }
  /// Lists both kinds in all namespaces, where there is nothing.
  void list_nothing(std::uint64_t version = 1) {
    for (const ConfigKind kind : {ConfigKind::config_map, ConfigKind::secret}) {
      index.list_begins(kind, "");
      index.list_ended(kind, "", version);
    }
  }
  std::vector<std::string> names(const WorkloadKey& workload) const {
    const References references = index.resolve(workload).references;
    std::vector<std::string> names;
    if (!references) return {"not read"};
    for (const Reference& reference : *references) names.push_back(reference.name);
    return names;
  }
  std::optional<Digest> digest(const WorkloadKey& workload, const std::string& name) const {
    const References references = index.resolve(workload).references;
    if (!references) return std::nullopt;
    for (const Reference& reference : *references) {
      if (reference.name == name) return reference.digest;
    }
    return std::nullopt;
  }
};

using Keys = std::vector<WorkloadKey>;
using Names = std::vector<std::string>;

}  // namespace ebbgate::kubernetes
