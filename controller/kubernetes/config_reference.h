#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ebbgate::kubernetes {

enum class ConfigKind : std::uint8_t { config_map, secret };

/// `ConfigMap` or `Secret`.
std::string_view name_of(ConfigKind kind);

/// A ConfigMap or Secret.
struct ConfigName {
  ConfigKind kind = ConfigKind::config_map;
  std::string namespace_name;
  std::string name;

  auto operator<=>(const ConfigName&) const = default;
  /// `ConfigMap default/web`.
  std::string text() const;
};

/// What a workload references of a config object: one key, or (empty key) all of it.
struct ConfigReference {
  ConfigName object;
  std::string key;
  bool optional = false;

  auto operator<=>(const ConfigReference&) const = default;
};

}  // namespace ebbgate::kubernetes

template <>
struct std::hash<ebbgate::kubernetes::ConfigName> {
  std::size_t operator()(const ebbgate::kubernetes::ConfigName& name) const noexcept;
};
