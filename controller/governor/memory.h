#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/digest.h"
#include "controller/governor/failing.h"
#include "controller/governor/policy.h"

namespace ebbgate::governor {

/// What became of a workload's last rollout.
enum class Rollout : std::uint8_t {
  ready,       ///< or nobody judges it
  unfinished,  ///< not ready yet, holding a slot of the cap on rollouts in flight
  failed,      ///< not ready, and given up on: holds no slot
};

/// What must survive a restart of one workload's pace. A deadline is never part of it.
struct Memory {
  int level = 0;
  std::optional<BootTime> answered_at;
  std::optional<BootTime> forgive_not_before;  ///< while level > 0
  std::optional<Digest> applied;               ///< absent: unknown
  bool in_flight = false;                      ///< an update was begun and not yet answered
  Rollout rollout = Rollout::ready;
  /// What the last attempt carried, while `applied` is unknown because its outcome is: the same
  /// once more is a repeat. Absent where that cannot be told: nothing is sent that differs from
  /// what is stored here.
  std::optional<Digest> tried;
  int repeats = 0;  ///< of `tried`, sent so far
  std::optional<Failing> failing;
  std::optional<BootTime> pending_since;  ///< when the first unsent change was seen

  bool operator==(const Memory&) const = default;
};

/// What a stored memory means in a new process (semantics, section 1, "Restart"): an attempt in
/// flight counts as unknown and failed, answered now; times of another boot, or in the future,
/// count from now.
Memory restored(Memory stored, bool same_boot, BootTime now, const Policy& policy);

/// What is left of a memory after which other things happened that nobody knows: no level below
/// `level`, answered now, and what was applied is unknown.
Memory outdated(const Memory& stored, int level, BootTime now, const Policy& policy);

/// The memory of a workload whose state was lost: at `level`, answered now.
Memory lost(int level, BootTime now, const Policy& policy);

}  // namespace ebbgate::governor
