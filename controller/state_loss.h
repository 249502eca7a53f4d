#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "storage/records.h"

namespace ebbgate {

/// What people are told of a start that found its state lost, or a restored copy of it, for an hour
/// after that: by then most levels that were made up are forgiven. Immutable; any thread.
class StateLoss final {
 public:
  static constexpr Duration kTold = std::chrono::hours(1);

  /// Found at `now`. `unknown_level`: at which workloads begin whose level is not known; absent:
  /// the highest.
  StateLoss(const storage::Loaded& loaded, std::optional<int> unknown_level, Instant now);

  /// Some sentences without the last full stop; empty: nothing was lost, or that is long ago.
  std::string told(BootTime now) const;

 private:
  std::string text_;
  BootTime until_;
};

}  // namespace ebbgate
