#include "controller/controller.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "base/unicode.h"
#include "controller/records.h"

namespace ebbgate {

namespace {

constexpr const char* kInterrupted = "Ebbgate ended before the answer came";

// What others say, as it may be shown to people.
std::string shown(const std::string& text) {
  return first_bytes(hex_escaped(text), Answer::kMaxDetail);
}

}  // namespace

using governor::Action;
using governor::Decision;
using governor::Handle;

Controller::Controller(const ControllerSettings& settings, const Clock& clock,
                       storage::StateStore& store, Provider& provider, Observer& observer,
                       std::function<double()> random)
    : settings_(settings),
      clock_(clock),
      anchor_(clock.now()),
      store_(store),
      provider_(provider),
      observer_(observer),
      governor_(settings.limits, settings.limits.budget.burst, clock.now().boot,
                std::move(random)) {}

void Controller::begin(const storage::Loaded& loaded) {
  const Instant now = clock_.now();
  state_outdated_ = loaded.found == storage::Found::restored;
  state_lost_ = loaded.found == storage::Found::lost || state_outdated_;
  state_fresh_ = loaded.found == storage::Found::fresh;
  same_boot_ = loaded.same_boot;
  if (loaded.found != storage::Found::fresh) {
    const bool known = loaded.budget.has_value() && !state_lost_;
    const double tokens = known ? loaded.budget->tokens : 0;
    const bool comparable = known && loaded.same_boot && loaded.budget->at <= now.boot;
    governor_.set_tokens(tokens, comparable ? loaded.budget->at : now.boot);
    if (known) term_ = loaded.budget->term;
  }
  for (const storage::WorkloadRow& row : loaded.rows) {
    if (row.in_flight && !row.witness.empty()) provider_.recover(row.key, row.witness);
  }
  // Answered only now, when nothing of the attempt is left.
  const BootTime restart = clock_.now().boot;
  for (const storage::WorkloadRow& row : loaded.rows) {
    const governor::Memory memory =
        governor::restored(memory_of(row, now), loaded.same_boot, restart, *settings_.policy);
    storage::WorkloadRow taken_up = row;
    update_row(taken_up, memory);
    if (row.in_flight) {
      update_row_times(taken_up, memory, now);
      taken_up.last_error = kInterrupted;
      taken_up.witness.clear();
      taken_up.last_outcome = storage::LastOutcome::unknown;
      batch_.history.push_back(
          {row.key, now.wall, storage::HistoryKind::unknown, memory.level, kInterrupted});
    }
    // Times of another boot are worth nothing next to this boot's: all rows are written anew.
    if (taken_up != row || !loaded.same_boot) batch_.rows.push_back(taken_up);
    stored_.emplace(row.key, std::move(taken_up));
  }
  if (batch_.empty()) {
    first_commit_done_ = true;
    return;
  }
  to_commit_.push_back({});
  persist();
}

void Controller::start_deciding() {
  if (deciding()) governor_.set_deciding(clock_.now(), true);
}

void Controller::begin_term(const std::string& term, const std::string& before) {
  // Of a fresh install, workloads that carry a record tell whether somebody led before.
  const bool known = state_fresh_ || (!before.empty() && before == term_);
  if (!known) governor_.set_tokens(0, clock_.now().boot);
  term_ = term;
  batch_.budget = budget_row();
}

void Controller::stop_deciding() {
  stopping_ = true;
  governor_.set_deciding(clock_.now(), false);
}

std::size_t Controller::starting() const {
  return static_cast<std::size_t>(
      std::count_if(attempts_.begin(), attempts_.end(), [&](const auto& attempt) {
        return governor_.workload(attempt.second.workload).phase == governor::Phase::starting;
      }));
}

void Controller::prepared(AttemptId attempt, const std::string& witness) {
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end()) return;
  WorkloadRecord& record = records_.at(found->second.workload);
  record.preparing = false;
  record.witness = witness;
  write_down(found->second.workload);
  to_commit_.push_back({0, found->second.workload, attempt});
}

void Controller::answered(AttemptId attempt, const Answer& answer) {
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end()) return;
  const Handle handle = found->second.workload;
  found->second.detail = shown(answer.detail);
  WorkloadRecord& record = records_.at(handle);
  record.preparing = false;
  record.witness.clear();
  switch (answer.outcome) {
    case Outcome::applied:
      record.applied = std::move(record.sent);
      ++record.counter;
      record.last_outcome = storage::LastOutcome::applied;
      break;
    case Outcome::unknown:
      record.applied.reset();
      record.last_outcome = storage::LastOutcome::unknown;
      break;
    case Outcome::refused:
      record.last_outcome = storage::LastOutcome::refused;
      break;
  }
  record.last_error = answer.outcome == Outcome::applied ? "" : found->second.detail;
  record.sent.reset();
  const Instant now = clock_.now();
  if (answer.outcome != Outcome::refused) {
    record.last_update = now.wall;
    record.made_up = false;
    record.not_ready.clear();
    record.rollout_error.clear();
  }
  governor_.answered(now, handle, attempt, answer);
}

void Controller::rolled_out(const WorkloadKey& key, bool ready, const std::string& why) {
  const auto handle = governor_.find(key);
  if (!handle) return;
  records_.at(*handle).not_ready = shown(why);
  governor_.rolled_out(clock_.now(), *handle, ready);
}

void Controller::not_ready_yet(const WorkloadKey& key, const std::string& found) {
  if (const auto handle = governor_.find(key)) records_.at(*handle).not_ready = shown(found);
}

// What is to be told of a decision about a rollout.
std::string Controller::follow_rollout(const Decision& decision) {
  WorkloadRecord& record = records_.at(decision.workload);
  std::string why = std::exchange(record.not_ready, "");
  if (decision.action == Action::ready) {
    why.clear();
  } else if (decision.action == Action::time_out) {
    const std::string limit =
        "not ready within " + format_duration(settings_.limits.unfinished.timeout);
    why = first_bytes(why.empty() ? limit : limit + "; " + why, Answer::kMaxDetail);
  }
  record.rollout_error = why;
  return why;
}

bool Controller::release(const WorkloadKey& key) {
  const auto handle = governor_.find(key);
  if (!handle || governor_.workload(*handle).gone) return false;
  governor_.release(clock_.now(), *handle);
  return true;
}

void Controller::configure(const ControllerSettings& settings) {
  settings_ = settings;
  governor_.configure(clock_.now(), settings.limits);
}

Attempt Controller::attempt_of(const Decision& decision) const {
  return {decision.attempt, governor_.workload(decision.workload).key, decision.level,
          records_.at(decision.workload).counter + 1};
}

void Controller::act(const Decision& decision) {
  const Handle handle = decision.workload;
  std::string detail;
  switch (decision.action) {
    case Action::begin:
      attempts_[decision.attempt] = {handle, {}};
      records_.at(handle).preparing = true;
      provider_.prepare(attempt_of(decision));
      break;
    case Action::recommit:
      write_down(handle);
      to_commit_.push_back({0, handle, decision.attempt});
      break;
    case Action::send:
      records_.at(handle).sent = records_.at(handle).desired;
      provider_.send(attempt_of(decision), decision.fingerprint);
      break;
    case Action::cancel:
      records_.at(handle).witness.clear();
      attempts_.erase(decision.attempt);
      provider_.cancel(attempt_of(decision));
      break;
    case Action::answer: {
      const auto attempt = attempts_.find(decision.attempt);
      if (attempt == attempts_.end()) std::abort();
      detail = std::move(attempt->second.detail);
      attempts_.erase(attempt);
      break;
    }
    case Action::ready:
    case Action::fail:
    case Action::time_out:
      detail = follow_rollout(decision);
      break;
    default:
      break;
  }
  remember_in_history(decision, detail);
  observer_.decided(clock_.now(), decision, governor_.workload(handle), detail);
  if (decision.action == Action::forget) {
    const WorkloadKey& key = governor_.workload(handle).key;
    // One that came back in the same round has a row of its own by now.
    if (!governor_.find(key)) batch_.removed.push_back(key);
    records_.erase(handle);
  }
}

void Controller::remind_provider(Handle handle) {
  const auto found = records_.find(handle);
  if (found == records_.end() || !provider_.carries_state()) return;
  const governor::Workload& workload = governor_.workload(handle);
  if (workload.gone || workload.phase != governor::Phase::idle) return;
  WorkloadRecord& record = found->second;
  const Remembered remembered{record.counter, workload.memory.level, workload.memory.applied};
  if (record.remembered == remembered) return;
  record.remembered = remembered;
  provider_.remember(workload.key, remembered);
}

void Controller::remember_in_history(const Decision& decision, const std::string& detail) {
  const Instant now = clock_.now();
  const WorkloadKey& key = governor_.workload(decision.workload).key;
  if (auto entry = history_entry(decision, key, now, detail)) {
    batch_.history.push_back(*std::move(entry));
  }
}

void Controller::turn() {
  anchor_.follow(clock_.now());
  do {
    let_go();
    governor_.turn(clock_.now());
    for (const Decision& decision : governor_.take_decisions()) act(decision);
    for (const Handle handle : governor_.take_dirty()) {
      write_down(handle);
      remind_provider(handle);
    }
    persist();
  } while (!freed_.empty());
  const Instant now = clock_.now();
  if (durability_.turn(now.boot)) store_.mark_lost();
  if (durability_.degraded() != told_degraded_) {
    told_degraded_ = durability_.degraded();
    observer_.degraded(told_degraded_, durability_.reason());
  }
  observer_.turned(now, governor_, governor_.take_touched());
  governor_.release_handles();
}

std::optional<BootTime> Controller::next_turn() const {
  const BootTime now = clock_.now().boot;
  std::optional<BootTime> next = governor_.next_turn(now);
  if (const auto durability = durability_.next_turn()) {
    next = next ? std::min(*next, *durability) : *durability;
  }
  return next;
}

}  // namespace ebbgate
