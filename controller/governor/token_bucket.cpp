#include "controller/governor/token_bucket.h"

#include <algorithm>
#include <cmath>

#include "controller/governor/policy.h"

namespace ebbgate::governor {

namespace {

// A token whose time has come is there, whatever the rounding of its fraction.
constexpr double kWhole = 1 - 1e-9;

}  // namespace

TokenBucket::TokenBucket(BudgetSettings settings, double tokens, BootTime at)
    : settings_(settings), tokens_(std::clamp(tokens, 0.0, settings.burst)), at_(at) {}

void TokenBucket::configure(const BudgetSettings& settings, BootTime now) {
  tokens_ = std::min(tokens(now), settings.burst);
  at_ = now;
  settings_ = settings;
}

double TokenBucket::tokens(BootTime now) const {
  if (!settings_.rate) return settings_.burst;
  const double seconds =
      std::chrono::duration<double>(std::max(now - at_, Duration::zero())).count();
  return std::min(tokens_ + seconds * *settings_.rate, settings_.burst);
}

bool TokenBucket::available(BootTime now) const {
  if (!settings_.rate) return true;
  return !stopped() && tokens(now) >= kWhole;
}

bool TokenBucket::take(BootTime now) {
  if (!available(now)) return false;
  tokens_ = std::max(tokens(now) - 1, 0.0);
  at_ = now;
  if (!settings_.rate) tokens_ = settings_.burst;
  return true;
}

void TokenBucket::give_back(BootTime now) {
  tokens_ = std::min(tokens(now) + 1, settings_.burst);
  at_ = now;
}

std::optional<BootTime> TokenBucket::next(BootTime now) const {
  if (available(now)) return now;
  if (stopped()) return std::nullopt;
  const double seconds = (1 - tokens(now)) / *settings_.rate;
  const auto longest = std::chrono::duration<double>(kLongestDuration).count();
  return now + Duration(static_cast<Duration::rep>(std::ceil(std::min(seconds, longest) * 1e9)));
}

}  // namespace ebbgate::governor
