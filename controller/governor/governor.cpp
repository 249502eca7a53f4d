#include "controller/governor/governor.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace ebbgate::governor {

namespace {

// A hold until a time is looked at again this often, since the wall clock may jump.
constexpr Duration kHoldRecheck = std::chrono::seconds(10);

}  // namespace

Governor::Governor(const Limits& limits, double tokens, BootTime now,
                   std::function<double()> random)
    : limits_(limits), bucket_(limits.budget, tokens, now), random_(std::move(random)) {
  queue_.set_caps({limits.unfinished.max, limits.unfinished.per_namespace});
}

Handle Governor::add(Instant now, const WorkloadKey& key, std::shared_ptr<const Policy> policy,
                     bool judged, const Memory& memory) {
  if (const std::optional<Handle> known = find(key)) {
    const bool returned = std::exchange(at(*known).gone, false);
    set_policy(now, *known, std::move(policy), judged);
    if (returned) evaluate(now, *known);
    return *known;
  }
  Handle handle = 0;
  if (free_.empty()) {
    handle = static_cast<Handle>(workloads_.size());
    workloads_.emplace_back();
  } else {
    handle = free_.back();
    free_.pop_back();
  }
  auto workload = std::make_unique<Workload>();
  workload->key = key;
  workload->policy = std::move(policy);
  workload->judged = judged;
  workload->memory = memory;
  workload->rest_began = memory.answered_at.value_or(now.boot);
  workload->forgive_floor = memory.forgive_not_before.value_or(BootTime());
  workload->namespace_id = queue_.intern(key.namespace_name);
  workloads_[handle] = std::move(workload);
  by_key_.emplace(&at(handle).key, handle);
  trust_unjudged(handle);
  lower_to_highest(handle);
  evaluate(now, handle);
  return handle;
}

void Governor::remove(Instant now, Handle handle) {
  Workload& w = at(handle);
  if (w.change_pending) coalesce_pending(now, handle);
  w.gone = true;
  w.desired.reset();
  w.missing.clear();
  w.hold = {};
  evaluate(now, handle);
}

std::optional<Handle> Governor::find(const WorkloadKey& key) const {
  const auto found = by_key_.find(&key);
  if (found == by_key_.end()) return std::nullopt;
  return found->second;
}

bool Governor::contains(Handle handle) const {
  return handle < workloads_.size() && workloads_[handle] != nullptr;
}

void Governor::set_missing(Instant now, Handle handle, const std::string& reason) {
  if (at(handle).missing == reason) return;
  at(handle).missing = reason;
  evaluate(now, handle);
}

void Governor::set_hold(Instant now, Handle handle, const Hold& hold) {
  if (at(handle).hold == hold) return;
  at(handle).hold = hold;
  evaluate(now, handle);
}

void Governor::set_policy(Instant now, Handle handle, std::shared_ptr<const Policy> policy,
                          bool judged) {
  Workload& w = at(handle);
  const bool same = w.judged == judged && *w.policy == *policy;
  w.policy = std::move(policy);
  if (same) return;
  w.judged = judged;
  trust_unjudged(handle);
  lower_to_highest(handle);
  raise_forgive_not_before(handle);
  evaluate(now, handle);
}

void Governor::configure(Instant now, const Limits& limits) {
  limits_ = limits;
  bucket_.configure(limits.budget, now.boot);
  queue_.set_caps({limits.unfinished.max, limits.unfinished.per_namespace});
  for_each([&](Handle handle) { evaluate(now, handle); });
}

void Governor::set_deciding(Instant now, bool deciding) {
  if (deciding_ == deciding) return;
  deciding_ = deciding;
  for_each([&](Handle handle) { evaluate(now, handle); });
}

// Brings everything that follows from a workload's state up to date. Costs nothing for a workload
// that nothing happens to, and changes nothing when called twice.
void Governor::evaluate(Instant now, Handle handle) {
  Workload& w = at(handle);
  touch(handle);
  pause_rest(now, handle);
  if (times_out(w) && now.boot >= *w.memory.answered_at + limits_.unfinished.timeout) {
    w.memory.rollout = Rollout::failed;
    mark_dirty(handle);
    ++totals_.rollouts_timed_out;
    decide(now, handle, Action::time_out);
  }
  const bool needs_slot =
      w.phase != Phase::idle || (w.memory.rollout == Rollout::unfinished && !w.gone);
  if (needs_slot != w.holds_slot) {
    w.holds_slot = needs_slot;
    needs_slot ? queue_.take_slot(w.namespace_id) : queue_.free_slot(w.namespace_id);
  }
  if (resting(w) && now.boot >= forgive_at(w)) {
    w.memory.level = 0;
    w.memory.forgive_not_before.reset();
    mark_dirty(handle);
    decide(now, handle, Action::forgive);
  }
  if (!wants_update(w)) {
    w.wait_told = false;
    w.released = false;
  }
  if (w.memory.failing && w.phase == Phase::idle && (w.desired || w.gone) && !wants_update(w)) {
    w.memory.failing.reset();
    mark_dirty(handle);
  }
  place_in_queue(now, handle);
  const bool to_classify = w.change_pending && !w.change_classified && now.boot >= settle_end(w);
  if ((to_classify || w.queued) && !w.after_serve) {
    w.after_serve = true;
    after_serve_.push_back(handle);
  }
  account(now, handle);
  deadlines_.set(handle, deadline(now, w));
  if (w.gone && w.memory.level == 0 && w.phase == Phase::idle) forget(now, handle);
}

void Governor::place_in_queue(Instant now, Handle handle) {
  Workload& w = at(handle);
  std::optional<FairQueue::Entry> entry;
  const BootTime end = timed_gates_end(w);
  if (deciding_ && w.phase == Phase::idle && wants_update(w) && !blocked(now, w) &&
      now.boot >= end) {
    const BootTime first_change = w.change_pending ? w.first_change : BootTime();
    entry = {w.namespace_id, std::max({end, w.blocked_until, first_change}), handle, w.holds_slot};
  }
  if (entry == w.queued) return;
  if (w.queued) queue_.erase(*w.queued);
  if (entry) queue_.insert(*entry);
  w.queued = entry;
}

void Governor::serve(Instant now) {
  while (const std::optional<FairQueue::Entry> entry = queue_.next()) {
    if (!bucket_.take(now.boot)) return;
    queue_.pop(*entry);
    at(entry->handle).queued.reset();
    begin(now, entry->handle);
  }
}

void Governor::turn(Instant now) {
  while (true) {
    const std::optional<DeadlineHeap::Entry> due = deadlines_.earliest();
    if (!due || due->at > now.boot) break;
    evaluate(now, due->id);
  }
  serve(now);
  for (const Handle handle : std::exchange(after_serve_, {})) {
    if (!contains(handle)) continue;
    Workload& w = at(handle);
    w.after_serve = false;
    if (w.change_pending && !w.change_classified && now.boot >= settle_end(w))
      classify(now, handle);
    account(now, handle);
  }
}

std::optional<BootTime> Governor::next_turn(BootTime now) const {
  if (!after_serve_.empty()) return now;
  std::optional<BootTime> next;
  if (const auto due = deadlines_.earliest()) next = due->at;
  if (queue_.next()) {
    if (const auto token = bucket_.next(now)) next = next ? std::min(*next, *token) : *token;
  }
  return next;
}

std::optional<BootTime> Governor::deadline(Instant now, const Workload& w) const {
  std::optional<BootTime> earliest;
  const auto consider = [&](BootTime at) {
    if (at > now.boot && (!earliest || at < *earliest)) earliest = at;
  };
  const bool held = blocked(now, w);
  if (w.phase == Phase::idle) {
    if (wants_update(w) && !held) consider(timed_gates_end(w));
    if (resting(w)) consider(forgive_at(w));
    if (times_out(w)) consider(*w.memory.answered_at + limits_.unfinished.timeout);
  }
  if (w.change_pending && !w.change_classified) consider(settle_end(w));
  if (w.hold.until && w.hold.active(now.wall)) {
    consider(now.boot + std::min(w.hold.remaining(now.wall), kHoldRecheck));
  }
  return earliest;
}

// Keeps the totals that are "as of now" in step.
void Governor::account(Instant now, Handle handle) {
  Workload& w = at(handle);
  std::optional<Gate> gate;
  if (wants_update(w) && w.phase != Phase::starting) {
    if (const auto closed = latest(closed_gates(now, w), true)) gate = closed->gate;
  }
  if (gate != w.counted_gate) {
    if (w.counted_gate) --totals_.waiting.at(index_of(*w.counted_gate));
    if (gate) ++totals_.waiting.at(index_of(*gate));
    w.counted_gate = gate;
  }
  const int level = w.gone ? -1 : w.memory.level;
  if (level != w.counted_level) {
    const auto add = [&](int of, int count) {
      if (of < 0) return;
      const auto index = static_cast<std::size_t>(of);
      if (index >= totals_.at_level.size()) totals_.at_level.resize(index + 1);
      totals_.at_level[index] += count;
    };
    add(w.counted_level, -1);
    add(level, 1);
    w.counted_level = level;
  }
  const bool at_highest = level >= w.policy->highest_level();
  if (at_highest != w.at_highest_level) {
    totals_.at_highest_level += at_highest ? 1 : -1;
    w.at_highest_level = at_highest;
  }
  const bool failed = !w.gone && w.memory.rollout == Rollout::failed;
  if (failed != w.rollout_failed) {
    totals_.rollouts_failed += failed ? 1 : -1;
    w.rollout_failed = failed;
  }
  const bool is_failing = !w.gone && failing(w);
  if (is_failing != w.counted_failing) {
    totals_.failing += is_failing ? 1 : -1;
    w.counted_failing = is_failing;
  }
  const bool counts_as_pending = !w.gone && !blocked(now, w);
  pending_since_.set(handle, counts_as_pending ? pending_since(w) : std::nullopt);
  totals_.rollouts_unfinished = queue_.slots_taken();
}

std::optional<BootTime> Governor::oldest_pending() const {
  const auto oldest = pending_since_.earliest();
  if (!oldest) return std::nullopt;
  return oldest->at;
}

void Governor::forget(Instant now, Handle handle) {
  decide(now, handle, Action::forget);
  deadlines_.set(handle, std::nullopt);
  pending_since_.set(handle, std::nullopt);
  by_key_.erase(&at(handle).key);
  forgotten_.push_back(handle);
}

std::vector<Decision> Governor::take_decisions() {
  return std::exchange(decisions_, {});
}

std::vector<Handle> Governor::take_dirty() {
  for (const Handle handle : dirty_) at(handle).dirty = false;
  return std::exchange(dirty_, {});
}

std::vector<Handle> Governor::take_touched() {
  for (const Handle handle : touched_) at(handle).touched = false;
  return std::exchange(touched_, {});
}

void Governor::release_handles() {
  for (const Handle handle : std::exchange(forgotten_, {})) {
    if (at(handle).dirty) std::erase(dirty_, handle);
    if (at(handle).touched) std::erase(touched_, handle);
    if (at(handle).after_serve) std::erase(after_serve_, handle);
    workloads_[handle].reset();
    free_.push_back(handle);
  }
}

Memory Governor::memory(Handle handle) const {
  const Workload& w = workload(handle);
  Memory memory = w.memory;
  memory.in_flight = w.phase != Phase::idle;
  // Before the configuration is seen again, what was stored stays.
  if (w.desired || w.gone) memory.pending_since.reset();
  if (w.change_pending) memory.pending_since = w.first_change;
  return memory;
}

void Governor::for_each(const std::function<void(Handle)>& each) const {
  // Forgetting a workload while this runs does not disturb it: handles stay.
  for (Handle handle = 0; handle < workloads_.size(); ++handle) {
    if (workloads_[handle] && find(workloads_[handle]->key) == handle) each(handle);
  }
}

void Governor::touch(Handle handle) {
  Workload& w = at(handle);
  if (w.touched) return;
  w.touched = true;
  touched_.push_back(handle);
}

void Governor::mark_dirty(Handle handle) {
  Workload& w = at(handle);
  if (w.dirty) return;
  w.dirty = true;
  dirty_.push_back(handle);
}

Decision& Governor::decide(Instant now, Handle handle, Action action) {
  Decision decision;
  decision.action = action;
  decision.workload = handle;
  decision.at = now.boot;
  decision.level = at(handle).memory.level;
  return decisions_.emplace_back(decision);
}

}  // namespace ebbgate::governor
