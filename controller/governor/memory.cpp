#include "controller/governor/memory.h"

#include <algorithm>

namespace ebbgate::governor {

Memory restored(Memory stored, bool same_boot, BootTime now, const Policy& policy) {
  const Duration stable_after = policy.backoff().stable_after;
  const bool in_future = stored.answered_at && *stored.answered_at > now;
  if (!same_boot || in_future) {
    if (stored.answered_at) stored.answered_at = now;
    if (stored.level > 0) stored.forgive_not_before = now + stable_after;
  }
  if (stored.in_flight) {
    stored.in_flight = false;
    stored.answered_at = now;
    stored.applied.reset();
    stored.rollout = Rollout::unfinished;
    if (!stored.failing) stored.failing = Failing{now, 0, std::nullopt};
    ++stored.failing->count;
    stored.failing->cause = FailureCause::interrupted;
  }
  if (stored.level > 0) {
    if (!stored.forgive_not_before) stored.forgive_not_before = now + stable_after;
  }
  const bool was_updated = stored.level > 0 || stored.rollout != Rollout::ready;
  if (was_updated && !stored.answered_at) stored.answered_at = now;
  return stored;
}

Memory outdated(const Memory& stored, int level, BootTime now, const Policy& policy) {
  Memory memory = lost(std::max(stored.level, level), now, policy);
  memory.rollout = stored.rollout;
  return memory;
}

Memory lost(int level, BootTime now, const Policy& policy) {
  Memory memory;
  memory.level = level;
  memory.answered_at = now;
  if (level > 0) memory.forgive_not_before = now + policy.backoff().stable_after;
  return memory;
}

}  // namespace ebbgate::governor
