#include <algorithm>

#include "controller/governor/governor.h"

namespace ebbgate::governor {

namespace {

// The end of a hold is worked out from the wall clock, a little differently each time.
bool same_wait(const ClosedGate& left, const ClosedGate& right) {
  return left.gate == right.gate && (left.gate == Gate::hold || left.until == right.until);
}

}  // namespace

// What a change is compared with: what is in flight, else what was applied; absent: unknown, which
// equals nothing.
std::optional<Digest> Governor::reference(const Workload& w) {
  switch (w.phase) {
    case Phase::in_flight:
      return w.sent;
    case Phase::starting:
      return w.before.applied;
    case Phase::idle:
      return w.memory.applied;
  }
  return std::nullopt;
}

bool Governor::wants_update(const Workload& w) {
  return !w.gone && w.desired && reference(w) != w.desired;
}

bool Governor::failing(const Workload& w) {
  return w.memory.failing && (w.phase != Phase::idle || wants_update(w));
}

std::optional<BootTime> Governor::pending_since(const Workload& w) {
  std::optional<BootTime> since;
  if (w.change_pending) since = w.first_change;
  if (failing(w))
    since = since ? std::min(*since, w.memory.failing->since) : w.memory.failing->since;
  return since;
}

void Governor::desire(Instant now, Handle handle, const Digest& fingerprint) {
  Workload& w = at(handle);
  if (w.desired == fingerprint) return;
  const bool first_sight = !w.desired;
  BootTime first_change = w.change_pending ? w.first_change : now.boot;
  // It may have waited since before a restart.
  if (first_sight && w.memory.pending_since)
    first_change = std::min(*w.memory.pending_since, first_change);
  w.memory.pending_since.reset();
  if (w.change_pending) coalesce_pending(now, handle);
  w.desired = fingerprint;
  // The repeat of an attempt of unknown outcome carries no change, nor does a first update.
  const bool is_change = !first_sight || (w.memory.applied && wants_update(w));
  if (is_change) {
    ++w.changes;
    ++totals_.changes;
    w.last_change = now.boot;
    w.rest_began = std::max(w.rest_began, now.boot);
    raise_forgive_not_before(handle);
    if (wants_update(w)) {
      keep_change(handle, first_change);
    } else {
      count_coalesced(now, handle);
    }
  }
  evaluate(now, handle);
}

void Governor::translate(Instant now, Handle handle,
                         const std::function<Digest(const Digest&)>& equivalent) {
  Workload& w = at(handle);
  const bool wanted = wants_update(w);
  bool same = true;
  const auto translate_one = [&](Digest& fingerprint) {
    const Digest translated = equivalent(fingerprint);
    same = same && translated == fingerprint;
    fingerprint = translated;
  };
  for (std::optional<Digest>* fingerprint :
       {&w.desired, &w.memory.applied, &w.memory.tried, &w.before.applied, &w.before.tried}) {
    if (*fingerprint) translate_one(**fingerprint);
  }
  if (w.phase == Phase::in_flight) translate_one(w.sent);
  if (same) return;
  mark_dirty(handle);
  found_up_to_date(now, handle, wanted);
  evaluate(now, handle);
}

void Governor::adopt(Instant now, Handle handle, const Digest& fingerprint) {
  Workload& w = at(handle);
  std::optional<Digest>& applied = w.phase == Phase::idle ? w.memory.applied : w.before.applied;
  if (applied == fingerprint) return;
  const bool wanted = wants_update(w);
  applied = fingerprint;
  if (w.phase == Phase::idle) forget_tried(handle);
  mark_dirty(handle);
  found_up_to_date(now, handle, wanted);
  evaluate(now, handle);
}

void Governor::found(Instant now, Handle handle, int level, const std::optional<Digest>& applied) {
  Workload& w = at(handle);
  const bool wanted = wants_update(w);
  const Rollout rollout = w.judged || !applied ? Rollout::unfinished : Rollout::ready;
  w.memory.level = std::max(w.memory.level, level);
  w.rest_began = std::max(w.rest_began, now.boot);
  if (w.phase == Phase::idle) {
    w.memory.answered_at = now.boot;
    w.memory.applied = applied;
    w.memory.rollout = rollout;
    forget_tried(handle);
    lower_to_highest(handle);
  } else {
    // The attempt under way goes on from there, if it is taken back.
    w.overtaken = w.phase == Phase::starting;
    w.before.level = std::max(w.before.level, level);
    w.before.answered_at = now.boot;
    w.before.applied = applied;
    w.before.rollout = rollout;
    w.before.tried.reset();
    w.before.repeats = 0;
    w.before.rest_began = w.rest_began;
  }
  raise_forgive_not_before(handle);
  mark_dirty(handle);
  found_up_to_date(now, handle, wanted);
  evaluate(now, handle);
}

void Governor::mistrust(Instant now, Handle handle) {
  Workload& w = at(handle);
  std::optional<Digest>& applied = w.phase == Phase::idle ? w.memory.applied : w.before.applied;
  if (!applied) return;
  applied.reset();
  mark_dirty(handle);
  evaluate(now, handle);
}

// An update that was wanted is wanted no more, though nothing changed: the rest begins here.
void Governor::found_up_to_date(Instant now, Handle handle, bool wanted) {
  Workload& w = at(handle);
  if (!wanted || wants_update(w)) return;
  if (w.change_pending) coalesce_pending(now, handle);
  w.rest_began = std::max(w.rest_began, now.boot);
  raise_forgive_not_before(handle);
}

// The newest change waits, on behalf of all since the first unsent one.
void Governor::keep_change(Handle handle, BootTime first_change) {
  Workload& w = at(handle);
  w.change_pending = true;
  w.change_classified = false;
  w.first_change = first_change;
  ++totals_.changes_pending;
}

void Governor::count_coalesced(Instant now, Handle handle) {
  ++at(handle).coalesced;
  ++totals_.coalesced;
  decide(now, handle, Action::coalesce);
}

void Governor::coalesce_pending(Instant now, Handle handle) {
  Workload& w = at(handle);
  if (!w.change_classified) classify(now, handle);
  w.change_pending = false;
  --totals_.changes_pending;
  count_coalesced(now, handle);
}

// Whether the pending change is suppressed, which is told once: when its settle ends, or when it is
// replaced before that. A change for which an attempt is about to be sent is held back by nothing.
void Governor::classify(Instant now, Handle handle) {
  Workload& w = at(handle);
  w.change_classified = true;
  if (w.phase == Phase::starting) return;
  const std::optional<ClosedGate> gate = latest(closed_gates(now, w), false);
  if (!gate) return;
  ++w.suppressed;
  ++totals_.suppressed.at(index_of(gate->gate));
  if (w.wait_told) return;
  w.wait_told = true;
  // Content that goes back and forth begins to wait again and again, behind the same gate.
  if (w.last_wait_told && same_wait(*w.last_wait_told, *gate)) return;
  w.last_wait_told = gate;
  // Since when it waits is stored together with what the history says of it.
  mark_dirty(handle);
  Decision& decision = decide(now, handle, Action::wait);
  decision.gate = gate->gate;
  decision.until = gate->until;
}

}  // namespace ebbgate::governor
