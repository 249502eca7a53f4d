#include "controller/simulation/replay.h"

#include <algorithm>
#include <utility>

namespace ebbgate::simulation {

namespace {

using governor::Action;
using governor::Decision;
using governor::Governor;
using governor::Handle;

constexpr int kMostTurnsAfterTheEnd = 1'000'000;

}  // namespace

Replay::Replay(const Trace& trace, std::shared_ptr<const governor::Policy> policy,
               const governor::Limits& limits, Report& report)
    : trace_(trace),
      policy_(std::move(policy)),
      limits_(limits),
      report_(report),
      states_(trace.workloads.size()) {
  start(limits_.budget.burst);
  governor_->set_deciding(instant(), true);
}

bool Replay::run() {
  for (const Event& event : trace_.events) {
    turn_until(event.at);
    now_ = event.at;
    happen(event);
    turn();
  }
  for (int turns = 0; turns < kMostTurnsAfterTheEnd; ++turns) {
    const auto next = governor_->next_turn(instant().boot);
    if (!next) {
      summary_.pending = governor_->totals().changes_pending;
      return true;
    }
    now_ = std::max(now_, next->time_since_epoch());
    turn();
  }
  return false;
}

// No rule that a trace can touch reads the wall clock.
Instant Replay::instant() const {
  return {BootTime(now_), WallTime()};
}

void Replay::start(double tokens) {
  governor_ = std::make_unique<Governor>(limits_, tokens, BootTime(now_), [this] {
    return std::generate_canonical<double, 53>(random_);
  });
  workload_of_.clear();
}

void Replay::happen(const Event& event) {
  switch (event.kind) {
    case EventKind::fingerprint:
      set_fingerprint(event);
      break;
    case EventKind::ready:
      governor_->rolled_out(instant(), *states_[event.workload].handle, event.ready);
      break;
    case EventKind::fails:
      states_[event.workload].failures_left = event.count;
      break;
    case EventKind::restart:
      for (State& state : states_) {
        if (state.handle) state.stored = governor_->memory(*state.handle);
      }
      start_again();
      break;
    case EventKind::crash:
      start_again();
      break;
  }
}

void Replay::set_fingerprint(const Event& event) {
  State& state = states_[event.workload];
  const Digest digest = sha256(event.fingerprint);
  if (!state.handle) {
    state.stored.applied = digest;
    state.fingerprint = event.fingerprint;
    add(event.workload);
    return;
  }
  if (state.fingerprint == event.fingerprint) return;
  state.fingerprint = event.fingerprint;
  ++summary_.changes;
  governor_->desire(instant(), *state.handle, digest);
  if (!governor_->workload(*state.handle).change_pending) {
    state.pending_since.reset();
  } else if (!state.pending_since) {
    state.pending_since = now_;
  }
}

void Replay::add(std::uint32_t workload) {
  State& state = states_[workload];
  const TracedWorkload& traced = trace_.workloads[workload];
  const Handle handle = governor_->add(instant(), traced.key, policy_, traced.judged, state.stored);
  state.handle = handle;
  if (handle >= workload_of_.size()) workload_of_.resize(handle + 1);
  workload_of_[handle] = workload;
  governor_->desire(instant(), handle, sha256(state.fingerprint));
}

// What a new process makes of what is stored, on the same boot.
void Replay::start_again() {
  start(governor_->bucket().tokens(instant().boot));
  for (std::uint32_t workload = 0; workload < states_.size(); ++workload) {
    State& state = states_[workload];
    if (!state.handle) continue;
    state.stored = governor::restored(state.stored, true, instant().boot, *policy_);
    add(workload);
  }
  governor_->set_deciding(instant(), true);
}

void Replay::turn_until(Duration until) {
  while (const auto next = governor_->next_turn(instant().boot)) {
    if (next->time_since_epoch() > until) break;
    now_ = std::max(now_, next->time_since_epoch());
    turn();
  }
}

void Replay::turn() {
  governor_->turn(instant());
  while (true) {
    const std::vector<Decision> decisions = governor_->take_decisions();
    if (decisions.empty()) break;
    for (const Decision& decision : decisions) act(decision);
  }
  for (const Handle handle : governor_->take_dirty()) {
    states_[workload_of_[handle]].stored = governor_->memory(handle);
  }
  governor_->take_touched();
}

void Replay::act(const Decision& decision) {
  switch (decision.action) {
    case Action::begin:
    case Action::recommit:
      governor_->committed(instant(), decision.workload, decision.attempt);
      break;
    case Action::send:
      send(decision);
      break;
    case Action::answer:
      if (decision.outcome == Outcome::refused) tell(decision, "retry");
      break;
    case Action::wait:
      tell(decision, "hold");
      break;
    case Action::coalesce:
      ++summary_.coalesced;
      tell(decision, "coalesce");
      break;
    case Action::forgive:
      tell(decision, "forgive");
      break;
    case Action::time_out:
      tell(decision, "time_out");
      break;
    case Action::cancel:
    case Action::ready:
    case Action::fail:
    case Action::release:
    case Action::forget:
      break;
  }
}

void Replay::send(const Decision& decision) {
  State& state = states_[workload_of_[decision.workload]];
  const Answer answer = state.failures_left > 0 ? Answer::refused(FailureCause::command_not_started,
                                                                  "the trace says so")
                                                : Answer::applied("");
  if (answer.outcome == Outcome::refused) {
    --state.failures_left;
  } else {
    ++summary_.updates;
    summary_.highest_level = std::max(summary_.highest_level, decision.level);
    if (state.pending_since) {
      summary_.longest_wait = std::max(summary_.longest_wait, now_ - *state.pending_since);
      state.pending_since.reset();
    }
    tell(decision, "update");
  }
  governor_->answered(instant(), decision.workload, decision.attempt, answer);
}

void Replay::tell(const Decision& decision, std::string_view action) {
  const std::uint32_t workload = workload_of_[decision.workload];
  Line line;
  line.at = now_;
  line.workload = &trace_.workloads[workload].key;
  line.action = action;
  line.level = decision.level;
  line.gate = decision.gate;
  if (decision.until) line.until = decision.until->time_since_epoch();
  const auto& failing = governor_->workload(decision.workload).memory.failing;
  if (decision.action == Action::answer && failing) line.failures = failing->count;
  if (decision.action == Action::send) line.fingerprint = states_[workload].fingerprint;
  report_.add(line);
}

}  // namespace ebbgate::simulation
