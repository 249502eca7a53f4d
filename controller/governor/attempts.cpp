#include <algorithm>
#include <limits>

#include "controller/governor/governor.h"

namespace ebbgate::governor {

namespace {

// Far beyond the number of levels.
constexpr int kMostRepeats = 1000;

}  // namespace

// Whether the update that is wanted is the last one again, whose outcome is not known.
bool Governor::is_repeat(const Workload& w) {
  return w.phase == Phase::idle && !w.memory.applied && w.memory.tried &&
         w.memory.tried == w.desired;
}

// The next update is none of those that are repeated.
void Governor::forget_tried(Handle handle) {
  Workload& w = at(handle);
  w.memory.tried.reset();
  w.memory.repeats = 0;
}

void Governor::count_failure(Instant now, Handle handle, std::optional<FailureCause> cause) {
  Workload& w = at(handle);
  if (!w.memory.failing) w.memory.failing = Failing{now.boot, 0, std::nullopt};
  w.memory.failing->count =
      std::min(w.memory.failing->count, std::numeric_limits<int>::max() - 1) + 1;
  w.memory.failing->cause = cause;
  mark_dirty(handle);
}

// The token is taken: the attempt counts from here on, until it is refused or cancelled.
void Governor::begin(Instant now, Handle handle) {
  Workload& w = at(handle);
  w.before = {w.memory.level,   w.memory.answered_at, w.memory.forgive_not_before,
              w.memory.applied, w.memory.rollout,     w.memory.tried,
              w.memory.repeats, w.rest_began};
  w.repeat = is_repeat(w);
  w.phase = Phase::starting;
  w.attempt = ++last_attempt_;
  w.overtaken = false;
  if (w.repeat) {
    w.memory.repeats = std::min(w.memory.repeats + 1, kMostRepeats);
  } else {
    w.memory.level = std::min(w.memory.level + 1, highest_level(w));
    w.memory.repeats = 0;
  }
  w.memory.tried = w.desired;
  w.memory.applied.reset();
  w.rest_began = std::max(w.rest_began, now.boot);
  w.change_classified = true;
  raise_forgive_not_before(handle);
  mark_dirty(handle);
  Decision& decision = decide(now, handle, Action::begin);
  decision.attempt = w.attempt;
  decision.fingerprint = *w.desired;
  evaluate(now, handle);
}

void Governor::committed(Instant now, Handle handle, AttemptId attempt) {
  if (!contains(handle)) return;
  Workload& w = at(handle);
  if (w.phase != Phase::starting || w.attempt != attempt) return;
  // What began as a repeat raised no level: a change that came meanwhile begins an attempt of its
  // own.
  const bool outdated = w.overtaken || (w.repeat && w.desired != w.memory.tried);
  const bool needed = wants_update(w) && !blocked(now, w) && !outdated && deciding_;
  if (needed && w.memory.tried && w.memory.tried != w.desired) {
    // After a crash, what is stored must not be taken for what was sent. It is left open from here
    // on, so that a storm cannot hold the attempt back by changing its content again.
    w.memory.tried.reset();
    mark_dirty(handle);
    decide(now, handle, Action::recommit).attempt = attempt;
    return;
  }
  if (!needed) {
    restore(handle);
    bucket_.give_back(now.boot);
    Decision& decision = decide(now, handle, Action::cancel);
    decision.attempt = attempt;
    if (w.release_after_answer) apply_release(now, handle);
  } else {
    w.phase = Phase::in_flight;
    w.sent = *w.desired;
    if (w.memory.tried != w.sent) mark_dirty(handle);
    w.memory.tried = w.sent;
    w.sent_at = now.boot;
    w.sent_first_change = w.first_change;
    w.carries_change = w.change_pending;
    ++w.updates;
    Decision& decision = decide(now, handle, Action::send);
    decision.attempt = attempt;
    decision.fingerprint = w.sent;
    if (w.change_pending) {
      decision.delay = now.boot - w.first_change;
      w.change_pending = false;
      --totals_.changes_pending;
      ++totals_.carried;
    }
    w.wait_told = false;
    w.last_wait_told.reset();
    w.released = false;
  }
  evaluate(now, handle);
}

// As if the attempt had never been.
void Governor::restore(Handle handle) {
  Workload& w = at(handle);
  w.phase = Phase::idle;
  w.memory.level = w.before.level;
  w.memory.answered_at = w.before.answered_at;
  w.memory.forgive_not_before = w.before.forgive_not_before;
  w.memory.applied = w.before.applied;
  w.memory.rollout = w.before.rollout;
  w.memory.tried = w.before.tried;
  w.memory.repeats = w.before.repeats;
  // A change that came meanwhile began the rest anew; the attempt did not.
  w.rest_began = std::max(w.before.rest_began, w.last_change);
  if (w.memory.level > 0) raise_forgive_not_before(handle);
  lower_to_highest(handle);
  mark_dirty(handle);
}

// The change that a refused update carried is unsent again, unless a newer one has replaced it or
// nothing needs to be sent any more.
void Governor::return_change(Instant now, Handle handle) {
  Workload& w = at(handle);
  if (w.carries_change) {
    w.carries_change = false;
    --totals_.carried;
    if (w.change_pending) {
      count_coalesced(now, handle);
      w.first_change = w.sent_first_change;
    } else if (wants_update(w)) {
      keep_change(handle, w.sent_first_change);
      w.change_classified = true;
    } else {
      count_coalesced(now, handle);
    }
  }
  if (w.change_pending && !wants_update(w)) coalesce_pending(now, handle);
}

void Governor::answered(Instant now, Handle handle, AttemptId attempt, const Answer& answer) {
  if (!contains(handle)) return;
  Workload& w = at(handle);
  if (w.phase == Phase::idle || w.attempt != attempt) return;
  const bool was_sent = w.phase == Phase::in_flight;
  std::optional<BootTime> next_try;
  // What was never sent cannot have been applied.
  const Outcome outcome =
      !was_sent && answer.outcome == Outcome::applied ? Outcome::unknown : answer.outcome;
  ++totals_.answers.at(static_cast<std::size_t>(outcome));
  if (outcome == Outcome::refused) {
    restore(handle);
    if (answer.nothing_sent) bucket_.give_back(now.boot);
    if (was_sent) {
      --w.updates;
      return_change(now, handle);
    }
    const bool at_once = answer.decide_anew && w.refusals == 0;
    const Duration backoff = retry_delay(limits_.retry, ++w.refusals, random_());
    const Duration delay = at_once ? Duration::zero() : backoff;
    // That somebody else was quicker once is no failure, nor is the end of a lease.
    if (!at_once && answer.cause != FailureCause::lease_ending)
      count_failure(now, handle, answer.cause);
    const Duration wish = answer.retry_after.value_or(Duration::zero());
    w.retry_at = now.boot + std::max(delay, std::min(wish, kLongestDuration));
    next_try = w.retry_at;
  } else {
    w.phase = Phase::idle;
    w.memory.answered_at = now.boot;
    w.rest_began = std::max(w.rest_began, now.boot);
    w.refusals = 0;
    w.retry_at = BootTime();
    if (outcome == Outcome::applied) {
      w.memory.applied = w.sent;
      w.memory.rollout = w.judged ? Rollout::unfinished : Rollout::ready;
      w.memory.failing.reset();
      forget_tried(handle);
      lower_to_highest(handle);
    } else {
      w.memory.rollout = Rollout::unfinished;
      count_failure(now, handle, answer.cause);
    }
    w.carries_change = false;
    raise_forgive_not_before(handle);
    mark_dirty(handle);
  }
  Decision& decision = decide(now, handle, Action::answer);
  decision.attempt = attempt;
  decision.outcome = outcome;
  decision.until = next_try;
  decision.cause = answer.cause;
  if (was_sent) decision.delay = now.boot - w.sent_at;
  if (w.release_after_answer) apply_release(now, handle);
  evaluate(now, handle);
}

void Governor::rolled_out(Instant now, Handle handle, bool ready) {
  Workload& w = at(handle);
  if (w.phase != Phase::idle) {
    // News of the rollout before this attempt: it matters if the attempt is taken back.
    if (w.before.applied && w.before.rollout != Rollout::ready) {
      w.before.rollout = ready ? Rollout::ready : Rollout::failed;
    }
    return;
  }
  // An unknown outcome stays unhealthy until the next applied one.
  if (!w.memory.applied || w.memory.rollout == Rollout::ready) return;
  if (!ready && w.memory.rollout == Rollout::failed) return;
  w.memory.rollout = ready ? Rollout::ready : Rollout::failed;
  lower_to_highest(handle);
  mark_dirty(handle);
  decide(now, handle, ready ? Action::ready : Action::fail);
  evaluate(now, handle);
}

void Governor::release(Instant now, Handle handle) {
  Workload& w = at(handle);
  if (w.phase == Phase::idle) {
    apply_release(now, handle);
    evaluate(now, handle);
  } else {
    w.release_after_answer = true;
  }
}

void Governor::apply_release(Instant now, Handle handle) {
  Workload& w = at(handle);
  w.release_after_answer = false;
  w.memory.level = 0;
  w.memory.forgive_not_before.reset();
  w.refusals = 0;
  w.retry_at = BootTime();
  forget_tried(handle);
  w.released = w.change_pending;
  mark_dirty(handle);
  decide(now, handle, Action::release);
}

}  // namespace ebbgate::governor
