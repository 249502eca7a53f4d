#include <algorithm>
#include <utility>

#include "controller/kubernetes/patches.h"
#include "controller/kubernetes/tracked_workload.h"

// What the model has to do with writes: updates and the records that workloads carry.
namespace ebbgate::kubernetes {

std::optional<PreparedUpdate> ClusterModel::begin_update(const Attempt& attempt,
                                                         const Digest& fingerprint, WallTime now) {
  Tracked* workload = tracked(attempt.key);
  if (workload == nullptr) return std::nullopt;
  if (workload->record && workload->record->counter >= attempt.counter) return std::nullopt;
  StateAnnotation state;
  state.counter = attempt.counter;
  state.level = attempt.level;
  state.uid = workload->object.uid;
  state.template_digest = workload->object.template_digest;
  state.hash = workload->needs_new_revision(fingerprint)
                   ? unique_hash_text(fingerprint, attempt.counter)
                   : hash_text(fingerprint);
  state.at = now;
  workload->state_in_flight = state_text(state);
  workload->sent = {attempt.counter, attempt.level, fingerprint};
  return PreparedUpdate{workload->object,
                        rollout_patch(workload->object, state.hash, workload->state_in_flight)};
}

std::string ClusterModel::state_in_flight(const WorkloadKey& key) const {
  const Tracked* workload = tracked(key);
  return workload == nullptr ? std::string() : workload->state_in_flight;
}

bool ClusterModel::landed(const WorkloadKey& key) const {
  const Tracked* workload = tracked(key);
  return workload != nullptr && !workload->held_back.empty();
}

void ClusterModel::update_applied(const WorkloadKey& key, std::optional<WorkloadObject> updated,
                                  Source source) {
  Tracked* workload = tracked(key);
  // Gone, or made anew.
  if (workload == nullptr || workload->state_in_flight.empty()) return;
  workload->applied = workload->sent.applied;
  workload->remembered = workload->sent;
  workload->mistrusted = false;
  workload->mistrust_to_tell = false;
  workload->unresolved = false;
  workload->taken_on.reset();
  workload->owner_change = 0;
  workload->mixed = true;
  workload->rollout_mixed =
      !workload->references || fingerprint_of(*workload->references) != workload->sent.applied;
  workload->applied_state = std::exchange(workload->state_in_flight, {});
  // Until it is known: a write moves it.
  workload->awaited_generation = workload->object.generation + 1;
  workload->failure_told = false;
  HeldBack held_back = std::exchange(workload->held_back, {});
  if (held_back.empty() && updated) held_back.emplace_back(*std::move(updated), source);
  if (workload->object.on_delete) {
    workload->noticed.erase("WaitsForDeletion");
    notice(*workload, "WaitsForDeletion",
           "the update strategy is OnDelete: pods take on the new configuration as they are "
           "deleted; delete them when it suits you");
  }
  take_held_back(key, std::move(held_back));
}

void ClusterModel::update_failed(const WorkloadKey& key, Ended ended) {
  Tracked* workload = tracked(key);
  if (workload == nullptr || workload->state_in_flight.empty()) return;
  workload->unresolved = ended == Ended::unknown;
  workload->state_in_flight.clear();
  take_held_back(key, std::exchange(workload->held_back, {}));
}

void ClusterModel::take_held_back(const WorkloadKey& key, HeldBack&& held_back) {
  for (auto& [object, source] : held_back) workload_found(std::move(object), source);
  Tracked* workload = tracked(key);
  if (workload == nullptr) return;
  tell(*workload);
  tell_rollout(*workload);
  want_record(*workload);
}

void ClusterModel::record_written(WorkloadObject object) {
  const Tracked* known = tracked(object.key);
  // It may be gone by now. And what its owner did meanwhile the watch tells in its order.
  if (known == nullptr || known->object.template_digest != object.template_digest ||
      known->object.hash != object.hash) {
    return;
  }
  workload_found(std::move(object), Source::watch);
}

void ClusterModel::remember(const WorkloadKey& key, const Remembered& remembered) {
  Tracked* workload = tracked(key);
  if (workload == nullptr) return;
  const bool first = !workload->remembered;
  workload->remembered = remembered;
  workload->unknown_by_owner =
      !remembered.applied && (workload->mistrusted || workload->unknown_by_owner);
  // Known from the database alone, where the workload did not carry it.
  const bool unknown =
      !remembered.applied && (remembered.counter > 0 || workload->unknown_by_owner);
  const bool differs = remembered.applied && workload->references &&
                       *remembered.applied != fingerprint_of(*workload->references);
  if (unknown || differs) {
    workload->mixed = true;
    workload->rollout_mixed = true;
  }
  // The database knows of what happened since, which the object does not tell.
  if (first && unknown) workload->applied.reset();
  if (!remembered.applied) {
    workload->mistrusted = false;
  } else if (!workload->mistrusted) {
    workload->applied = remembered.applied;
  }
  want_record(*workload);
}

void ClusterModel::want_record(const Tracked& workload) {
  if (workload.needs_record()) records_.insert(workload.object.key);
}

std::optional<PreparedUpdate> ClusterModel::record_update(const WorkloadKey& key,
                                                          WallTime now) const {
  const Tracked* workload = tracked(key);
  if (workload == nullptr || !workload->needs_record()) return std::nullopt;
  const std::optional<std::string>& hash = workload->object.hash;
  StateAnnotation state;
  state.counter = workload->remembered->counter;
  state.level = workload->remembered->level;
  state.uid = workload->object.uid;
  state.template_digest = workload->object.template_digest;
  state.hash = hash.value_or("");
  state.at = now;
  if (!hash || parse_hash(*hash) != workload->remembered->applied) {
    state.applied = workload->remembered->applied;
  }
  return PreparedUpdate{workload->object, state_patch(workload->object, state_text(state))};
}

std::optional<std::vector<ConfigReference>> ClusterModel::wave_references(
    const WorkloadKey& key) const {
  const Tracked* workload = tracked(key);
  if (workload == nullptr || !workload->wave_pending) return std::nullopt;
  return workload->object.wave_references;
}

bool ClusterModel::wave_checked(const WorkloadKey& key, const std::string& hash,
                                const Versions& versions) {
  Tracked* workload = tracked(key);
  if (workload == nullptr || !workload->wave_pending) return true;
  const Versions known = index_.versions(key);
  for (const auto& checked : versions) {
    const auto same = std::find_if(known.begin(), known.end(),
                                   [&](const auto& other) { return other.first == checked.first; });
    if (same != known.end() && same->second != checked.second) return false;
  }
  workload->wave_pending = false;
  if (workload->object.wave_hash == hash) workload->take_on = true;
  tell(*workload);
  want_record(*workload);
  return true;
}

Errands ClusterModel::take_errands() {
  Errands errands;
  errands.fetch = index_.take_to_fetch();
  errands.records.assign(records_.begin(), records_.end());
  records_.clear();
  errands.wave_checks.assign(wave_checks_.begin(), wave_checks_.end());
  wave_checks_.clear();
  errands.notices = std::exchange(notices_, {});
  return errands;
}

}  // namespace ebbgate::kubernetes
