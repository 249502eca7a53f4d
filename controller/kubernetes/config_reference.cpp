#include "controller/kubernetes/config_reference.h"

namespace ebbgate::kubernetes {

std::string_view name_of(ConfigKind kind) {
  return kind == ConfigKind::config_map ? "ConfigMap" : "Secret";
}

std::string ConfigName::text() const {
  return std::string(name_of(kind)) + " " + namespace_name + "/" + name;
}

}  // namespace ebbgate::kubernetes

std::size_t std::hash<ebbgate::kubernetes::ConfigName>::operator()(
    const ebbgate::kubernetes::ConfigName& name) const noexcept {
  const std::hash<std::string> of_part;
  auto seed = static_cast<std::size_t>(name.kind);
  for (const std::string* part : {&name.namespace_name, &name.name}) {
    seed ^= of_part(*part) + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2);
  }
  return seed;
}
