#include "base/workload_key.h"

namespace ebbgate {

std::optional<WorkloadKey> WorkloadKey::parse(std::string_view text) {
  const std::size_t first = text.find('/');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find('/', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  WorkloadKey key{std::string(text.substr(0, first)),
                  std::string(text.substr(first + 1, second - first - 1)),
                  std::string(text.substr(second + 1))};
  if (key.namespace_name.empty() || key.kind.empty() || key.name.empty()) return std::nullopt;
  if (key.name.find('/') != std::string::npos) return std::nullopt;
  return key;
}

}  // namespace ebbgate

std::size_t std::hash<ebbgate::WorkloadKey>::operator()(
    const ebbgate::WorkloadKey& key) const noexcept {
  const std::hash<std::string> of_part;
  std::size_t seed = of_part(key.namespace_name);
  for (const std::string* part : {&key.kind, &key.name}) {
    seed ^= of_part(*part) + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2);
  }
  return seed;
}
