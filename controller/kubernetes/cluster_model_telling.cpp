#include <algorithm>
#include <utility>

#include "controller/kubernetes/rollout.h"
#include "controller/kubernetes/tracked_workload.h"

// What the model tells its listener.
namespace ebbgate::kubernetes {

namespace {

constexpr const char* kPaused = "spec.paused is true: nothing is written until it is resumed";

governor::Hold hold_of(const WorkloadObject& object, const WorkloadAnnotations& asked) {
  if (!object.paused) return asked.hold;
  return {true, std::nullopt, kPaused, governor::HoldCause::paused};
}

std::string revision_of(const WorkloadObject& object) {
  return object.template_digest.hex() + " " + object.hash.value_or("");
}

std::string pods_of(const RolloutStatus& status) {
  return std::to_string(status.updated) + " of " + std::to_string(status.desired) +
         " pods are updated, " + std::to_string(status.available) + " are available";
}

const Reference* find_reference(const References& references, const std::string& name) {
  if (!references) return nullptr;
  const auto found = std::lower_bound(references->begin(), references->end(), name,
                                      [](const Reference& reference, const std::string& wanted) {
                                        return reference.name < wanted;
                                      });
  return found == references->end() || found->name != name ? nullptr : &*found;
}

bool same(const References& left, const References& right) {
  return left == right || (left && right && *left == *right);
}

bool says_the_same(const Observation& left, const Observation& right) {
  return left.incarnation == right.incarnation && left.revision == right.revision &&
         left.policy == right.policy && same(left.references, right.references) &&
         left.missing == right.missing && left.hold == right.hold && left.judged == right.judged &&
         left.adopt == right.adopt && left.carried == right.carried;
}

}  // namespace

void ClusterModel::tell(Tracked& workload, const ConfigName* in_place_before) {
  if (!synced_) return;
  const Resolution resolution = index_.resolve(workload.object.key);
  const bool whole = resolution.references && resolution.missing.empty();
  // Pods from before both may live on in a revision that is used again.
  if (in_place_before != nullptr && workload.taken_on && workload.stacked) mistrust(workload);
  if (whole && workload.wave_pending) wave_checks_.insert(workload.object.key);
  Observation observation;
  observation.key = workload.object.key;
  observation.incarnation = workload.object.uid;
  observation.revision = revision_of(workload.object);
  observation.policy = workload.policy;
  observation.missing = resolution.missing;
  observation.hold = hold_of(workload.object, workload.asked);
  observation.judged = is_judged(workload.object);
  observation.adopt = workload.adopt;
  observation.carried = workload.carried();
  observation.mistrusted = std::exchange(workload.mistrust_to_tell, false);
  workload.rolled_out_since = false;
  if (whole && !workload.wave_pending) {
    take_content(workload, resolution.references);
    observation.references = workload.references;
    if (std::exchange(workload.take_on, false)) {
      workload.taken_on = workload.references;
      observation.taken_on = workload.taken_on;
    } else if (in_place_before != nullptr && workload.taken_on) {
      std::vector<Reference> taken_on = *workload.references;
      for (Reference& reference : taken_on) {
        if (belongs_to(reference, *in_place_before)) continue;
        const Reference* before = find_reference(workload.taken_on, reference.name);
        if (before != nullptr) reference.digest = before->digest;
      }
      workload.taken_on = std::make_shared<const std::vector<Reference>>(std::move(taken_on));
      observation.taken_on = workload.taken_on;
    }
    if (observation.taken_on) workload.applied = fingerprint_of(*observation.taken_on);
  }
  notice(workload, resolution.forbidden ? "Forbidden" : "ReferenceMissing", resolution.missing);
  const bool news = observation.taken_on || observation.mistrusted ||
                    (observation.carried && observation.carried->rolled_out_since);
  if (!news && workload.told && says_the_same(*workload.told, observation)) return;
  workload.told = observation;
  listener_.observed(std::move(observation));
}

// Keeps one copy of content that is the same, and notices what differs.
void ClusterModel::take_content(Tracked& workload, const References& references) {
  if (same(workload.references, references)) return;
  if (!workload.references && workload.applied &&
      *workload.applied != fingerprint_of(*references)) {
    // It changed while nobody watched, maybe during a rollout.
    workload.mixed = true;
    workload.rollout_mixed = true;
  }
  for (const Reference& reference : *references) {
    const Reference* before = find_reference(workload.references, reference.name);
    if (before == nullptr || before->digest == reference.digest) continue;
    workload.cause = reference.name;
    workload.mixed = true;
    workload.rollout_mixed = true;
  }
  workload.references = references;
}

void ClusterModel::tell_rollout(Tracked& workload) {
  if (!workload.awaited_generation || !workload.state_in_flight.empty()) return;
  switch (rollout_state(workload.object, *workload.awaited_generation)) {
    case RolloutState::complete:
      workload.awaited_generation.reset();
      listener_.rolled_out(workload.object.key, true, "");
      break;
    case RolloutState::failed:
      if (!std::exchange(workload.failure_told, true)) {
        listener_.rolled_out(workload.object.key, false,
                             "ProgressDeadlineExceeded: " + pods_of(workload.object.status));
      }
      break;
    case RolloutState::unfinished:
      break;
  }
}

void ClusterModel::watch_rollout(const WorkloadKey& key) {
  Tracked* workload = tracked(key);
  if (workload == nullptr) return;
  workload->awaited_generation = workload->object.generation;
  workload->failure_told = false;
  tell_rollout(*workload);
}

void ClusterModel::notice(Tracked& workload, const std::string& reason,
                          const std::string& message) {
  std::string& last = workload.noticed[reason];
  if (last == message) return;
  last = message;
  if (!message.empty()) notices_.push_back({workload.object.key, reason, message});
}

}  // namespace ebbgate::kubernetes
