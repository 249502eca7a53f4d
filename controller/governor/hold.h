#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace ebbgate::governor {

/// Who holds a workload.
enum class HoldCause : std::uint8_t {
  owner,   ///< asked for it: an annotation, a key in the configuration
  paused,  ///< spec.paused of a Deployment
};

/// Whether a workload's owner holds its updates: not at all, until a time, or for good. Until a
/// time is the one rule that reads the wall clock.
struct Hold {
  bool held = false;
  std::optional<WallTime> until;  ///< only with `held`; absent: for good
  std::string reason = {};        ///< for people; empty: its owner asked for it
  HoldCause cause = HoldCause::owner;

  bool active(WallTime now) const { return held && (!until || now < *until); }
  /// How long an active hold until a time lasts; never longer than a century.
  Duration remaining(WallTime now) const {
    return std::min<std::chrono::milliseconds>(*until - now, std::chrono::hours(24 * 36500));
  }
  bool operator==(const Hold&) const = default;
};

}  // namespace ebbgate::governor
