#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ebbgate {

/// What a workload is known by, together with its provider. Deleting and recreating a workload
/// keeps its key, and with it its level.
struct WorkloadKey {
  std::string namespace_name;
  std::string kind;
  std::string name;

  auto operator<=>(const WorkloadKey&) const = default;

  /// NAMESPACE/KIND/NAME.
  std::string text() const { return namespace_name + "/" + kind + "/" + name; }
  /// Nothing unless `text` is three parts that are not empty.
  static std::optional<WorkloadKey> parse(std::string_view text);
};

}  // namespace ebbgate

template <>
struct std::hash<ebbgate::WorkloadKey> {
  std::size_t operator()(const ebbgate::WorkloadKey& key) const noexcept;
};
