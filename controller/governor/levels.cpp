#include <algorithm>

#include "controller/governor/governor.h"

namespace ebbgate::governor {

// An unknown outcome counts as judged and not ready, and leaves the rollout unhealthy.
int Governor::highest_level(const Workload& w) {
  return w.judged || unhealthy(w) ? w.policy->highest_unhealthy_level() : w.policy->highest_level();
}

void Governor::lower_to_highest(Handle handle) {
  Workload& w = at(handle);
  const int highest =
      unhealthy(w) ? w.policy->highest_unhealthy_level() : w.policy->highest_level();
  if (w.memory.level <= highest) return;
  w.memory.level = highest;
  mark_dirty(handle);
}

// Where nobody judges, what was applied counts as ready; an unknown outcome does not.
void Governor::trust_unjudged(Handle handle) {
  Workload& w = at(handle);
  if (w.judged) return;
  if (w.before.applied) w.before.rollout = Rollout::ready;
  if (!w.memory.applied || w.memory.rollout == Rollout::ready) return;
  w.memory.rollout = Rollout::ready;
  mark_dirty(handle);
}

bool Governor::times_out(const Workload& w) const {
  return deciding_ && w.phase == Phase::idle && !w.gone && w.memory.rollout == Rollout::unfinished;
}

// The stored value is a tenth further than the true one, so that a storm of changes, each of which
// begins the rest anew, rewrites it once in a while only.
void Governor::raise_forgive_not_before(Handle handle) {
  Workload& w = at(handle);
  if (w.memory.level == 0) {
    w.memory.forgive_not_before.reset();
    return;
  }
  const Duration stable_after = w.policy->backoff().stable_after;
  const BootTime begin = w.rest_began;
  if (w.memory.forgive_not_before && begin + stable_after <= *w.memory.forgive_not_before) return;
  w.memory.forgive_not_before = begin + stable_after + stable_after / 10;
  mark_dirty(handle);
}

bool Governor::resting(const Workload& w) const {
  if (!deciding_ || w.memory.level == 0 || w.phase != Phase::idle || w.rest_paused_at) return false;
  return w.gone || (w.desired && !wants_update(w));
}

BootTime Governor::forgive_at(const Workload& w) {
  return std::max(w.rest_began + w.policy->backoff().stable_after, w.forgive_floor);
}

void Governor::pause_rest(Instant now, Handle handle) {
  Workload& w = at(handle);
  const bool pause = blocked(now, w);
  if (pause == w.rest_paused_at.has_value()) return;
  if (pause) {
    w.rest_paused_at = now.boot;
    // Found at the start, it may have been there all the time.
    if (!deciding_) w.rest_began = now.boot;
  } else {
    w.rest_began += now.boot - std::min(std::max(*w.rest_paused_at, w.rest_began), now.boot);
    w.rest_paused_at.reset();
    w.blocked_until = now.boot;
    raise_forgive_not_before(handle);
  }
}

}  // namespace ebbgate::governor
