#include "controller/governor/policy.h"

#include <algorithm>

#include "base/text.h"

namespace ebbgate::governor {

namespace {

constexpr int kHighestLevel = 64;

// The smallest level whose delay reaches `target`, or more than kHighestLevel.
int level_for(const BackoffSettings& backoff, Duration target) {
  if (backoff.factor <= 1) return 1;
  auto delay = static_cast<double>(backoff.base.count());
  int level = 1;
  while (delay < static_cast<double>(target.count()) && level <= kHighestLevel) {
    delay *= backoff.factor;
    ++level;
  }
  return level;
}

}  // namespace

std::vector<std::string> validate(const BackoffSettings& backoff, const SettleSettings& settle) {
  std::vector<std::string> problems;
  if (backoff.base <= Duration::zero()) {
    problems.emplace_back("backoff.base: must be more than 0");
  }
  if (!(backoff.factor >= 1) || backoff.factor > 1000) {
    problems.emplace_back("backoff.factor: must be a number from 1 to 1000");
  }
  if (backoff.max < backoff.base) {
    problems.push_back("backoff.max: must not be less than backoff.base (" +
                       format_duration(backoff.base) + ")");
  }
  if (backoff.unhealthy_max < backoff.max) {
    problems.push_back("backoff.unhealthy_max: must not be less than backoff.max (" +
                       format_duration(backoff.max) + ")");
  }
  const Duration longest = std::max(backoff.max, backoff.unhealthy_max);
  if (backoff.stable_after < longest) {
    problems.push_back("backoff.stable_after: must not be less than the longest delay (" +
                       format_duration(longest) + ")");
  }
  if (backoff.stable_after > kLongestDuration) {
    problems.push_back("backoff.stable_after: must not be more than " +
                       format_duration(kLongestDuration));
  }
  if (problems.empty() && level_for(backoff, backoff.unhealthy_max) > kHighestLevel) {
    problems.emplace_back(
        "backoff.factor: so small that unhealthy_max is not reached within 64 levels; raise it, or "
        "backoff.base");
  }
  if (settle.quiet < Duration::zero()) problems.emplace_back("settle.quiet: must not be negative");
  if (settle.max < settle.quiet) {
    problems.push_back("settle.max: must not be less than settle.quiet (" +
                       format_duration(settle.quiet) + ")");
  }
  if (settle.max > kLongestDuration) {
    problems.push_back("settle.max: must not be more than " + format_duration(kLongestDuration));
  }
  return problems;
}

Policy::Policy(BackoffSettings backoff, SettleSettings settle)
    : backoff_(backoff), settle_(settle), highest_level_(level_for(backoff, backoff.max)) {
  const int highest = level_for(backoff, backoff.unhealthy_max);
  auto delay = static_cast<double>(backoff.base.count());
  const auto limit = static_cast<double>(backoff.unhealthy_max.count());
  for (int level = 1; level <= highest; ++level) {
    delays_.emplace_back(static_cast<Duration::rep>(std::min(delay, limit)));
    delay *= backoff.factor;
  }
}

Duration Policy::delay(int level, Duration cap) const {
  if (level <= 0) return Duration::zero();
  const auto index = std::min(static_cast<std::size_t>(level), delays_.size()) - 1;
  return std::min(delays_[index], cap);
}

}  // namespace ebbgate::governor
