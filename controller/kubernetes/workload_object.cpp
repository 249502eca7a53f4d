#include "controller/kubernetes/workload_object.h"

#include <array>

namespace ebbgate::kubernetes {

namespace {

struct Names {
  std::string_view name;
  std::string_view plural;
};

constexpr std::array<Names, 3> kNames{
    {{"Deployment", "deployments"}, {"StatefulSet", "statefulsets"}, {"DaemonSet", "daemonsets"}}};

}  // namespace

std::string_view name_of(WorkloadKind kind) {
  return kNames.at(static_cast<std::size_t>(kind)).name;
}

std::string_view plural_of(WorkloadKind kind) {
  return kNames.at(static_cast<std::size_t>(kind)).plural;
}

std::optional<WorkloadKind> workload_kind(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames.at(i).name == name) return static_cast<WorkloadKind>(i);
  }
  return std::nullopt;
}

}  // namespace ebbgate::kubernetes
