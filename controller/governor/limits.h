#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace ebbgate::governor {

/// The shared budget of all workloads' updates: a token bucket.
struct BudgetSettings final {
  std::optional<double> rate = 1;  ///< updates per second; 0 = none at all; absent = unlimited
  double burst = 100;              ///< whole tokens, at least 1
  bool operator==(const BudgetSettings&) const = default;
};

/// The cap on rollouts in flight; absent = unlimited.
struct UnfinishedSettings final {
  std::optional<int> max;
  std::optional<int> per_namespace;
  Duration timeout = std::chrono::minutes(10);
  bool operator==(const UnfinishedSettings&) const = default;
};

enum class Jitter { none, equal, full };

/// How refused attempts, or connections, are tried again.
struct RetrySettings final {
  Duration base = std::chrono::seconds(1);
  double factor = 2;
  Duration max = std::chrono::minutes(1);
  Jitter jitter = Jitter::equal;
  bool operator==(const RetrySettings&) const = default;
};

/// As validate() of policies.
std::vector<std::string> validate(const BudgetSettings& budget,
                                  const UnfinishedSettings& unfinished, const RetrySettings& retry);

/// The wait before try `failures` + 1 (failures ≥ 1): min(base·factor^(failures−1), max), with
/// jitter from `random`, a number in [0, 1).
Duration retry_delay(const RetrySettings& retry, int failures, double random);

}  // namespace ebbgate::governor
