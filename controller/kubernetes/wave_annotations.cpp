#include "controller/kubernetes/wave_annotations.h"

#include "controller/kubernetes/object_names.h"

namespace ebbgate::kubernetes {

namespace {

void read_list(std::string_view list, ConfigKind kind, const std::string& own_namespace,
               std::vector<ConfigReference>& objects) {
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view entry = list.substr(0, comma);
    const std::size_t slash = entry.find('/');
    std::string namespace_name = own_namespace;
    std::string_view name = entry;
    if (slash != entry.npos) {
      namespace_name = entry.substr(0, slash);
      name = entry.substr(slash + 1);
    }
    if (is_namespace_name(namespace_name) && is_object_name(name)) {
      objects.push_back({{kind, namespace_name, std::string(name)}, {}, true});
    }
    if (comma == list.npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

std::vector<ConfigReference> wave_extra_objects(
    const std::map<std::string, std::string, std::less<>>& annotations,
    const std::string& namespace_name) {
  std::vector<ConfigReference> objects;
  const auto config_maps = annotations.find(kWaveExtraConfigMaps);
  if (config_maps != annotations.end()) {
    read_list(config_maps->second, ConfigKind::config_map, namespace_name, objects);
  }
  const auto secrets = annotations.find(kWaveExtraSecrets);
  if (secrets != annotations.end()) {
    read_list(secrets->second, ConfigKind::secret, namespace_name, objects);
  }
  return objects;
}

}  // namespace ebbgate::kubernetes
