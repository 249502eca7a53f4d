#pragma once

#include <optional>

#include "base/clock.h"

namespace ebbgate::governor {

/// Whether a workload's owner holds its updates: not at all, until a time, or for good. Until a
/// time is the one rule that reads the wall clock.
struct Hold {
  bool held = false;
  std::optional<WallTime> until;  ///< only with `held`; absent: for good

  bool active(WallTime now) const { return held && (!until || now < *until); }
  bool operator==(const Hold&) const = default;
};

}  // namespace ebbgate::governor
