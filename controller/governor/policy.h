#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace ebbgate::governor {

/// How long a workload's updates wait. The defaults are the product's.
struct BackoffSettings final {
  Duration base = std::chrono::seconds(1);
  double factor = 2;
  Duration max = std::chrono::seconds(64);
  Duration stable_after = std::chrono::minutes(10);
  Duration unhealthy_max = std::chrono::minutes(10);
  bool operator==(const BackoffSettings&) const = default;
};

/// The trailing quiet time that makes one update of changes that belong together; 0 turns it off.
struct SettleSettings final {
  Duration quiet = std::chrono::milliseconds(500);
  Duration max = std::chrono::seconds(5);
  bool operator==(const SettleSettings&) const = default;
};

/// The longest duration in any setting, so that no deadline overflows.
inline constexpr Duration kLongestDuration = std::chrono::hours(24 * 3650);

/// What makes no sense in a policy, each as `key: what is wrong and what would be right`; keys are
/// those of the configuration (`backoff.max`). Empty when all is well.
std::vector<std::string> validate(const BackoffSettings& backoff, const SettleSettings& settle);

/// A workload's policy with its delays worked out. Immutable, shared by workloads.
class Policy final {
 public:
  /// The settings must be valid.
  Policy(BackoffSettings backoff, SettleSettings settle);

  const BackoffSettings& backoff() const { return backoff_; }
  const SettleSettings& settle() const { return settle_; }

  /// min(base·factor^(level−1), cap); 0 for level 0.
  Duration delay(int level, Duration cap) const;
  /// L(max): the smallest level at which the delay reaches `max`.
  int highest_level() const { return highest_level_; }
  /// L(unhealthy_max).
  int highest_unhealthy_level() const { return static_cast<int>(delays_.size()); }

  bool operator==(const Policy&) const = default;

 private:
  BackoffSettings backoff_;
  SettleSettings settle_;
  std::vector<Duration> delays_;  // of level 1, 2, …, uncapped but for the last
  int highest_level_ = 1;
};

}  // namespace ebbgate::governor
