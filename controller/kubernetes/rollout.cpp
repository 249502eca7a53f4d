#include "controller/kubernetes/rollout.h"

namespace ebbgate::kubernetes {

namespace {

bool is_complete(WorkloadKind kind, const RolloutStatus& status) {
  if (status.updated < status.desired - status.partition) return false;
  // A Deployment counts its old pods until they are gone.
  if (kind == WorkloadKind::deployment && status.current > status.updated) return false;
  return status.available >= status.desired - status.max_unavailable;
}

}  // namespace

bool is_judged(const WorkloadObject& workload) {
  return workload.status.desired > 0 && !workload.on_delete && !workload.paused;
}

RolloutState rollout_state(const WorkloadObject& workload, std::int64_t generation) {
  const RolloutStatus& status = workload.status;
  if (status.observed_generation < generation) return RolloutState::unfinished;
  if (is_complete(workload.kind, status)) return RolloutState::complete;
  return status.deadline_exceeded ? RolloutState::failed : RolloutState::unfinished;
}

}  // namespace ebbgate::kubernetes
