#include "controller/governor/limits.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "controller/governor/policy.h"

namespace ebbgate::governor {

std::vector<std::string> validate(const BudgetSettings& budget,
                                  const UnfinishedSettings& unfinished,
                                  const RetrySettings& retry) {
  std::vector<std::string> problems;
  if (budget.rate && !(*budget.rate >= 0 && *budget.rate <= 1e6)) {
    problems.emplace_back("budget.rate: must be a number from 0 to 1000000, or unlimited");
  }
  if (!(budget.burst >= 1 && budget.burst <= 1e9)) {
    problems.emplace_back("budget.burst: must be a number from 1 to 1000000000");
  }
  if (unfinished.max && *unfinished.max < 1) {
    problems.emplace_back("unfinished.max: must be at least 1, or unlimited");
  }
  if (unfinished.per_namespace && *unfinished.per_namespace < 1) {
    problems.emplace_back("unfinished.per_namespace: must be at least 1, or unlimited");
  }
  if (unfinished.timeout <= Duration::zero() || unfinished.timeout > kLongestDuration) {
    problems.push_back("unfinished.timeout: must be more than 0, and not more than " +
                       format_duration(kLongestDuration));
  }
  if (retry.base <= Duration::zero()) problems.emplace_back("retry.base: must be more than 0");
  if (!(retry.factor >= 1 && retry.factor <= 1000)) {
    problems.emplace_back("retry.factor: must be a number from 1 to 1000");
  }
  if (retry.max < retry.base) {
    problems.push_back("retry.max: must not be less than retry.base (" +
                       format_duration(retry.base) + ")");
  }
  if (retry.max > kLongestDuration) {
    problems.push_back("retry.max: must not be more than " + format_duration(kLongestDuration));
  }
  return problems;
}

Duration retry_delay(const RetrySettings& retry, int failures, double random) {
  const double grown = static_cast<double>(retry.base.count()) *
                       std::pow(retry.factor, std::min(failures, 1000) - 1);
  const double delay = std::min(grown, static_cast<double>(retry.max.count()));
  switch (retry.jitter) {
    case Jitter::none:
      return Duration(static_cast<Duration::rep>(delay));
    case Jitter::equal:
      return Duration(static_cast<Duration::rep>(delay / 2 + delay / 2 * random));
    case Jitter::full:
      return Duration(static_cast<Duration::rep>(delay * random));
  }
  return Duration::zero();
}

}  // namespace ebbgate::governor
