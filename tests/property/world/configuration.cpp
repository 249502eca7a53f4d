#include "tests/property/world/configuration.h"

#include <array>
#include <string>
#include <vector>

namespace ebbgate::property {

using namespace std::chrono_literals;

namespace {

using PolicyPointer = std::shared_ptr<const governor::Policy>;

PolicyPointer make(governor::BackoffSettings backoff, governor::SettleSettings settle) {
  return std::make_shared<const governor::Policy>(backoff, settle);
}

}  // namespace

WorldWorkload workload_of(int index) {
  WorldWorkload workload;
  const bool in_crowd = index >= kWorkloads;
  const std::array<std::string, kWorkloads> namespaces{"a", "a", "b", "c"};
  workload.key = {in_crowd ? "a-crowd" : namespaces.at(static_cast<std::size_t>(index)), "Local",
                  "w" + std::to_string(index)};
  workload.adopt = index != 3;
  workload.contents = {{"r0", 0}};
  constexpr std::array<int, kWorkloads> kFirstPolicies{1, 5, 2, 3};
  workload.policy = in_crowd ? 4 : kFirstPolicies.at(static_cast<std::size_t>(index));
  workload.is_command = index % 2 == 0;
  return workload;
}

PolicyPointer policy_of(int index) {
  static const std::array<PolicyPointer, kPolicies> kAll{
      make({}, {}),
      make({}, {0s, 0s}),
      make({2s, 3, 60s, 120s, 120s}, {0s, 0s}),
      make({5s, 1, 5s, 60s, 5s}, {200ms, 1s}),
      make({1s, 2, 8s, 8s, 8s}, {0s, 0s}),
      make({1s, 1.5, 20s, 300s, 300s}, {50ms, 500ms}),
  };
  return kAll.at(static_cast<std::size_t>(index));
}

governor::Limits limits_of(int index) {
  governor::Limits limits;
  limits.retry = {1s, 2, 10s, governor::Jitter::equal};
  limits.unfinished.timeout = 2min;
  switch (index) {
    case 0:
      break;
    case 1:
      limits.budget = {std::nullopt, 1};
      break;
    case 2:
      limits.budget = {1, 1};
      break;
    case 3:
      limits.budget = {0.2, 2};
      limits.unfinished.per_namespace = 1;
      break;
    case 4:
      limits.budget = {std::nullopt, 1};
      limits.unfinished.max = 1;
      break;
    default:
      limits.budget = {0, 5};
      break;
  }
  return limits;
}

References references_of(const Contents& contents) {
  std::vector<Reference> references;
  for (const auto& [name, content] : contents) {
    references.push_back({name, sha256(std::to_string(content))});
  }
  return std::make_shared<const std::vector<Reference>>(std::move(references));
}

Contents contents_of(const storage::WorkloadRow& row) {
  Contents contents;
  for (const storage::ReferenceRow& reference : row.references) {
    for (int content = 0; content < kContents; ++content) {
      if (reference.digest == sha256(std::to_string(content))) contents[reference.name] = content;
    }
  }
  return contents;
}

Observation observation_of(const WorldWorkload& workload) {
  Observation observation;
  observation.key = workload.key;
  observation.policy = policy_of(workload.policy);
  if (workload.missing) {
    observation.missing = "the simulated configuration is missing";
  } else {
    observation.references = references_of(workload.contents);
  }
  observation.hold = workload.hold;
  observation.judged = workload.readiness != Readiness::not_judged;
  observation.adopt = workload.adopt;
  return observation;
}

Contents over_the_set_of(const Contents& current, const Contents& applied) {
  Contents result = current;
  for (auto& [name, content] : result) {
    if (const auto before = applied.find(name); before != applied.end()) content = before->second;
  }
  return result;
}

}  // namespace ebbgate::property
