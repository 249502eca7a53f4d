#pragma once

#include <cstdint>

#include "controller/kubernetes/workload_object.h"

namespace ebbgate::kubernetes {

/// Whether Kubernetes itself rolls the workload out, so that its readiness says something: not with
/// zero replicas, OnDelete, or while paused.
bool is_judged(const WorkloadObject& workload);

enum class RolloutState : std::uint8_t { unfinished, complete, failed };

/// How the rollout of `generation` (or a later one) stands (semantics, section 4, "Ready").
RolloutState rollout_state(const WorkloadObject& workload, std::int64_t generation);

}  // namespace ebbgate::kubernetes
