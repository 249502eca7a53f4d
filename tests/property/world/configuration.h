#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "controller/controller.h"
#include "tests/property/world/step.h"

namespace ebbgate::property {

/// What references hold, as the tests see it: name → content.
using Contents = std::map<std::string, int>;

/// One workload as it is in the simulated world, whoever knows of it.
struct WorldWorkload {
  WorkloadKey key;
  bool exists = true;
  bool adopt = true;
  Contents contents;
  governor::Hold hold;
  bool missing = false;
  int policy = 0;
  Readiness readiness = Readiness::not_judged;
  Fate fate = Fate::applied;
  int fate_left = 0;  ///< attempts that it is for
  /// A command dies with the process, at the latest when it is recovered; a request may not.
  bool is_command = false;
};

/// Beyond kWorkloads: one of a crowd in a namespace of its own.
WorldWorkload workload_of(int index);

inline constexpr int kPolicies = 6;
std::shared_ptr<const governor::Policy> policy_of(int index);
governor::Limits limits_of(int index);

References references_of(const Contents& contents);
/// What a stored workload took on last.
Contents contents_of(const storage::WorkloadRow& row);
Observation observation_of(const WorldWorkload& workload);

/// `applied` as if the set had always been that of `current`: what only `current` has is adopted.
Contents over_the_set_of(const Contents& current, const Contents& applied);

}  // namespace ebbgate::property
