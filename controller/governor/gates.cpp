#include <algorithm>

#include "controller/governor/governor.h"

namespace ebbgate::governor {

namespace {

// Among gates whose end is not known, the one that counts as the latest.
int rank_of_unknown_end(Gate gate) {
  switch (gate) {
    case Gate::hold:
      return 4;
    case Gate::missing:
      return 3;
    case Gate::unfinished:
      return 2;
    case Gate::budget:
      return 1;
    default:
      return 0;
  }
}

bool ends_later(const ClosedGate& left, const ClosedGate& right) {
  if (left.until && right.until) return *left.until > *right.until;
  if (left.until.has_value() != right.until.has_value()) return !left.until;
  return rank_of_unknown_end(left.gate) > rank_of_unknown_end(right.gate);
}

// Closed whether or not an update is wanted.
void add_blocks(Instant now, const Workload& w, GateList& gates) {
  if (w.hold.active(now.wall)) {
    std::optional<BootTime> until;
    if (w.hold.until) until = now.boot + w.hold.remaining(now.wall);
    gates.add(Gate::hold, until);
  }
  if (!w.missing.empty()) gates.add(Gate::missing, std::nullopt);
}

}  // namespace

BootTime Governor::settle_end(const Workload& w) {
  const SettleSettings& settle = w.policy->settle();
  if (!w.change_pending || w.released || settle.quiet == Duration::zero()) return BootTime::min();
  return std::min(w.last_change + settle.quiet, w.first_change + settle.max);
}

BootTime Governor::backoff_end(const Workload& w) {
  if (!w.memory.answered_at) return BootTime::min();
  return *w.memory.answered_at + w.policy->delay(w.memory.level, w.policy->backoff().max);
}

BootTime Governor::health_end(const Workload& w) {
  if (!w.memory.answered_at || !unhealthy(w)) return BootTime::min();
  // Repeats raise no level, but wait ever longer all the same.
  const int level = w.memory.level + (is_repeat(w) ? w.memory.repeats + 1 : 0);
  return *w.memory.answered_at + w.policy->delay(level, w.policy->backoff().unhealthy_max);
}

BootTime Governor::timed_gates_end(const Workload& w) {
  return std::max({settle_end(w), backoff_end(w), health_end(w), w.retry_at});
}

bool Governor::blocked(Instant now, const Workload& w) {
  return w.hold.active(now.wall) || !w.missing.empty();
}

GateList Governor::closed_gates(Instant now, const Workload& w) const {
  GateList gates;
  const auto add_until = [&](Gate gate, BootTime until) {
    if (until > now.boot) gates.add(gate, until);
  };
  add_until(Gate::settle, settle_end(w));
  if (w.phase == Phase::in_flight) {
    // Its delay begins with the answer.
    gates.add(Gate::backoff, std::nullopt);
  } else {
    const BootTime backoff = backoff_end(w);
    const BootTime health = health_end(w);
    add_until(Gate::backoff, backoff);
    if (health > backoff) add_until(Gate::health, health);
  }
  add_until(Gate::retry, w.retry_at);
  add_blocks(now, w, gates);
  if (w.phase == Phase::idle) {
    if (!w.holds_slot && queue_.full(w.namespace_id)) {
      gates.add(Gate::unfinished, std::nullopt);
    }
    if (!bucket_.available(now.boot)) gates.add(Gate::budget, std::nullopt);
  }
  return gates;
}

std::optional<ClosedGate> Governor::latest(const GateList& gates, bool with_settle) {
  std::optional<ClosedGate> latest;
  for (const ClosedGate& gate : gates) {
    if (gate.gate == Gate::settle && !with_settle) continue;
    if (!latest || ends_later(gate, *latest)) latest = gate;
  }
  return latest;
}

// The gates that all share open and close by what others do. For a workload that is not in turn yet
// they say nothing: what they are when it is in turn, it is told then. A budget that never opens is
// what it waits for, whatever else it waits for first.
GateList Governor::told_gates(Instant now, const Workload& w) const {
  GateList told;
  const GateList closed = closed_gates(now, w);
  const bool in_turn = std::none_of(closed.begin(), closed.end(),
                                    [](const ClosedGate& gate) { return gate.until.has_value(); });
  for (const ClosedGate& gate : closed) {
    const bool is_shared =
        gate.gate == Gate::unfinished || (gate.gate == Gate::budget && !bucket_.stopped());
    if (in_turn || !is_shared) told.add(gate.gate, gate.until);
  }
  return told;
}

View Governor::view(Instant now, Handle handle) const {
  const Workload& w = workload(handle);
  View view;
  const bool wanted = wants_update(w);
  if (!wanted) {
    add_blocks(now, w, view.gates);
  } else if (w.phase != Phase::starting) {
    view.gates = told_gates(now, w);
  }
  view.pending_since = pending_since(w);
  if (failing(w)) view.failing = &*w.memory.failing;
  const std::optional<ClosedGate> last = latest(view.gates, true);
  if (wanted && w.phase == Phase::idle && last && last->until) {
    view.next_update = last->until;
  } else if (w.queued && view.gates.size() == 1 && last->gate == Gate::budget) {
    view.next_update = bucket_.next(now.boot);
  }
  if (w.hold.active(now.wall)) {
    view.state = "held";
  } else if (!w.missing.empty()) {
    view.state = "missing";
  } else if (w.phase != Phase::idle) {
    view.state = "updating";
  } else if (wanted) {
    view.state = view.failing ? "failing" : "waiting";
  } else if (unhealthy(w)) {
    view.state = w.memory.rollout == Rollout::failed ? "unhealthy" : "rolling";
  } else {
    view.state = "idle";
  }
  return view;
}

}  // namespace ebbgate::governor
