#include "controller/kubernetes/paths.h"

namespace ebbgate::kubernetes {

namespace {

std::string collection(const std::string& group, const std::string& namespace_name,
                       const std::string& plural) {
  const std::string scope = namespace_name.empty() ? "" : "/namespaces/" + namespace_name;
  return group + scope + "/" + plural;
}

}  // namespace

std::string plural_of(ConfigKind kind) {
  return kind == ConfigKind::config_map ? "configmaps" : "secrets";
}

std::string path_of(WorkloadKind kind, const std::string& namespace_name) {
  return collection("/apis/apps/v1", namespace_name, std::string(plural_of(kind)));
}

std::string path_of(ConfigKind kind, const std::string& namespace_name) {
  return collection("/api/v1", namespace_name, plural_of(kind));
}

std::string path_of(WorkloadKind kind, const WorkloadKey& key) {
  return path_of(kind, key.namespace_name) + "/" + key.name;
}

std::string path_of(const ConfigName& name) {
  return path_of(name.kind, name.namespace_name) + "/" + name.name;
}

}  // namespace ebbgate::kubernetes
