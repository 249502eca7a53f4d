#include <algorithm>
#include <utility>

#include "controller/controller.h"
#include "controller/records.h"

// What the Controller makes of what the provider says of workloads.
namespace ebbgate {

using governor::Handle;

namespace {

bool same_names(const std::vector<Reference>& left, const std::vector<Reference>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Reference& a, const Reference& b) { return a.name == b.name; });
}

References shared(std::vector<Reference> references) {
  return std::make_shared<const std::vector<Reference>>(std::move(references));
}

}  // namespace

governor::Memory Controller::first_memory(const Observation& observation, WorkloadRecord& record) {
  if (const auto stored = stored_.extract(observation.key)) {
    return stored_memory(stored.mapped(), observation, record);
  }
  record.adopt = observation.adopt;
  record.incarnation = observation.incarnation;
  record.revision = observation.revision;
  const std::optional<Carried>& carried = observation.carried;
  if (carried && carried->has_record) {
    record.counter = carried->counter;
    return carried_memory(observation, carried->level, record);
  }
  governor::Memory memory;
  if (state_lost_) {
    memory = governor::lost(level_of_unknown(*observation.policy, observation.judged),
                            clock_.now().boot, *observation.policy);
    // It may have been waiting beyond max; only its readiness tells that it need not.
    if (observation.judged) memory.rollout = governor::Rollout::unfinished;
  }
  if (carried) memory.applied = carried->applied;
  return memory;
}

governor::Memory Controller::stored_memory(const storage::WorkloadRow& row,
                                           const Observation& observation, WorkloadRecord& record) {
  const std::optional<Carried>& carried = observation.carried;
  record.counter = row.counter;
  record.incarnation = observation.incarnation;
  record.revision = observation.revision;
  record.last_outcome = row.last_outcome;
  record.last_update = row.last_update;
  (row.failures > 0 ? record.last_error : record.rollout_error) = row.last_error;
  record.adopt = observation.adopt && !row.adopted;
  if (carried && carried->has_record && carried->counter > row.counter) {
    // Made by another leader, or in flight when this one ended.
    record.counter = carried->counter;
    return carried_memory(observation, carried->level, record);
  }
  if (carried && carried->has_record && !row.incarnation.empty() &&
      row.incarnation != observation.incarnation) {
    // Somebody who led meanwhile wrote that to a later workload of this key, whatever it counts.
    return carried_memory(observation, std::max(row.level, carried->level), record);
  }
  governor::Memory memory = memory_of(row, clock_.now());
  if (row.references_version != kReferencesVersion) memory.applied.reset();
  // A workload that counts as many updates as the copy had none since.
  const bool had_updates = !carried || !carried->has_record || carried->counter != row.counter;
  record.made_up = !same_boot_;
  if (state_outdated_ && had_updates) {
    record.made_up = true;
    memory = made_up_for(memory, *observation.policy, observation.judged);
  }
  // One that carries an older record was replaced by its owner meanwhile. What was rolled out
  // before the row was written is in it.
  const bool seen = !row.revision.empty() && row.revision == observation.revision;
  const bool replaced = carried && ((carried->rolled_out_since && !seen) ||
                                    (carried->has_record && carried->counter < row.counter));
  // Known to be unknown, but for what an update's missing answer would have told.
  const bool mistrusted =
      !row.applied && row.last_outcome != storage::LastOutcome::unknown && row.adopted;
  if (carried && carried->applied && !mistrusted && (replaced || !memory.applied)) {
    memory.applied = carried->applied;
  }
  if (memory.applied && row.applied == memory.applied) {
    record.applied = shared(references_of(row));
  }
  return memory;
}

int Controller::level_of_unknown(const governor::Policy& policy, bool judged) const {
  const int highest = judged ? policy.highest_unhealthy_level() : policy.highest_level();
  return std::min(settings_.unknown_level.value_or(highest), highest);
}

// Of a restored copy: other updates may have followed the last one that it knows of.
governor::Memory Controller::made_up_for(const governor::Memory& stored,
                                         const governor::Policy& policy, bool judged) const {
  governor::Memory memory =
      governor::outdated(stored, level_of_unknown(policy, judged), clock_.now().boot, policy);
  if (judged) memory.rollout = governor::Rollout::unfinished;
  return memory;
}

// What a workload says of itself says nothing of when: it counts as updated just now.
governor::Memory Controller::carried_memory(const Observation& observation, int level,
                                            WorkloadRecord& record) const {
  const Carried& carried = *observation.carried;
  governor::Memory memory;
  record.made_up = true;
  if (carried.counter > 0 || level > 0) {
    memory = governor::lost(level, clock_.now().boot, *observation.policy);
    if (observation.judged) memory.rollout = governor::Rollout::unfinished;
  }
  memory.applied = carried.applied;
  return memory;
}

Handle Controller::add(const Observation& observation) {
  WorkloadRecord record;
  std::optional<storage::WorkloadRow> stored;
  if (const auto found = stored_.find(observation.key); found != stored_.end()) {
    stored = found->second;
  }
  const governor::Memory memory = first_memory(observation, record);
  const Handle handle =
      governor_.add(clock_.now(), observation.key, observation.policy, observation.judged, memory);
  records_[handle] = std::move(record);
  watch_rollout(handle);
  // What the workload itself says may differ.
  if (!stored || row(handle) != *stored) write_down(handle);
  remind_provider(handle);
  return handle;
}

void Controller::watch_rollout(Handle handle) {
  const governor::Workload& workload = governor_.workload(handle);
  // One that failed may still become ready.
  const bool not_ready = workload.memory.rollout != governor::Rollout::ready;
  if (workload.judged && not_ready && workload.memory.applied) {
    provider_.watch_rollout(workload.key);
  }
}

void Controller::observed(const Observation& observation) {
  const Instant now = clock_.now();
  Handle handle = 0;
  if (state_fresh_ && observation.carried && observation.carried->has_record) {
    // Somebody led before, and may have spent the bucket just now.
    state_fresh_ = false;
    governor_.set_tokens(0, now.boot);
  }
  if (const auto known = governor_.find(observation.key)) {
    handle = *known;
    const governor::Workload& workload = governor_.workload(handle);
    WorkloadRecord& record = records_.at(handle);
    if (workload.gone) {
      governor_.add(now, observation.key, observation.policy, observation.judged, {});
      record.adopt = record.adopt && observation.adopt;
      // It may be another one of this name, which carries nothing.
      record.remembered.reset();
      watch_rollout(handle);
      remind_provider(handle);
    } else if (workload.policy != observation.policy || workload.judged != observation.judged) {
      governor_.set_policy(now, handle, observation.policy, observation.judged);
    }
    if (record.incarnation != observation.incarnation || record.revision != observation.revision) {
      record.incarnation = observation.incarnation;
      record.revision = observation.revision;
      write_down(handle);
    }
    if (observation.carried) take_carried(handle, *observation.carried);
  } else {
    handle = add(observation);
  }
  if (observation.mistrusted) {
    records_.at(handle).applied.reset();
    governor_.mistrust(now, handle);
  }
  governor_.set_hold(now, handle, observation.hold);
  governor_.set_missing(now, handle, observation.missing);
  if (observation.references) {
    take_references(handle, observation.references, observation.taken_on);
  }
}

void Controller::take_carried(Handle handle, const Carried& carried) {
  const Instant now = clock_.now();
  WorkloadRecord& record = records_.at(handle);
  const governor::Workload& workload = governor_.workload(handle);
  if (carried.has_record && carried.counter > record.counter) {
    record.counter = carried.counter;
    record.applied.reset();
    record.made_up = true;
    governor_.found(now, handle, carried.level, carried.applied);
    watch_rollout(handle);
  } else if (carried.applied && workload.phase == governor::Phase::idle) {
    if (workload.memory.applied == carried.applied) return;
    if (workload.memory.applied && !carried.rolled_out_since) return;
    record.applied.reset();
    governor_.adopt(now, handle, *carried.applied);
  }
}

void Controller::take_references(Handle handle, const References& references,
                                 const References& taken_on) {
  const Instant now = clock_.now();
  WorkloadRecord& record = records_.at(handle);
  const Digest fingerprint = fingerprint_of(*references);
  if (record.adopt) {
    record.adopt = false;
    record.applied = references;
    record.desired = references;
    governor_.adopt(now, handle, fingerprint);
    governor_.desire(now, handle, fingerprint);
    watch_rollout(handle);
    return;
  }
  const References& known = record.desired ? record.desired : record.applied;
  if (known && !same_names(*known, *references)) {
    std::vector<std::pair<Digest, Digest>> equivalents;
    for (References* of : {&record.desired, &record.applied, &record.sent}) {
      if (!*of) continue;
      References rebased = shared(rebase(**of, *references));
      equivalents.emplace_back(fingerprint_of(**of), fingerprint_of(*rebased));
      *of = std::move(rebased);
    }
    governor_.translate(now, handle, [&](const Digest& digest) {
      const auto found = std::find_if(equivalents.begin(), equivalents.end(),
                                      [&](const auto& pair) { return pair.first == digest; });
      return found == equivalents.end() ? digest : found->second;
    });
  }
  if (taken_on) {
    record.adopt = false;
    record.applied = taken_on;
    governor_.adopt(now, handle, fingerprint_of(*taken_on));
  }
  // Known by its fingerprint alone until now.
  const governor::Workload& workload = governor_.workload(handle);
  if (!record.applied && workload.phase == governor::Phase::idle &&
      workload.memory.applied == fingerprint) {
    record.applied = references;
    write_down(handle);
  }
  // Equal content is shared, so that a workload at rest keeps one copy.
  record.desired = record.applied && *record.applied == *references ? record.applied : references;
  governor_.desire(now, handle, fingerprint);
}

void Controller::gone(const WorkloadKey& key) {
  if (const auto handle = governor_.find(key)) governor_.remove(clock_.now(), *handle);
}

void Controller::listed() {
  if (listed_) return;
  listed_ = true;
  // Workloads that are gone keep their level until it is forgiven, lest recreating one clears it.
  for (auto& [key, row] : std::exchange(stored_, {})) {
    // Whether it was judged is not known; as if it were, an unhealthy one keeps its whole level.
    governor::Memory memory = memory_of(row, clock_.now());
    if (state_outdated_) memory = made_up_for(memory, *settings_.policy, true);
    const Handle handle = governor_.add(clock_.now(), key, settings_.policy, true, memory);
    WorkloadRecord record;
    if (memory.applied) record.applied = shared(references_of(row));
    record.adopt = !row.adopted;
    record.counter = row.counter;
    record.incarnation = row.incarnation;
    record.revision = row.revision;
    record.last_outcome = row.last_outcome;
    record.last_update = row.last_update;
    records_[handle] = std::move(record);
    if (state_outdated_) write_down(handle);
    governor_.remove(clock_.now(), handle);
  }
  batch_.first_list_done = state_lost_;
  state_lost_ = false;
  state_outdated_ = false;
  state_fresh_ = false;
  start_deciding();
}

}  // namespace ebbgate
