#include "tests/property/world/pace.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace ebbgate::property {

namespace {

// Delays are whole nanoseconds; the product's may be rounded the other way.
constexpr Duration kRounding = std::chrono::microseconds(1);

}  // namespace

Duration delay_of(const governor::BackoffSettings& backoff, int level, Duration cap) {
  if (level <= 0) return Duration::zero();
  const double grown =
      static_cast<double>(backoff.base.count()) * std::pow(backoff.factor, level - 1);
  return grown >= static_cast<double>(cap.count()) ? cap
                                                   : Duration(static_cast<Duration::rep>(grown));
}

int level_reaching(const governor::BackoffSettings& backoff, Duration target) {
  if (backoff.factor <= 1) return 1;
  int level = 1;
  while (delay_of(backoff, level, target) < target - kRounding) ++level;
  return level;
}

void Pace::forgive_if_due(TrueTime now) {
  if (level_ == 0 || in_flight_ || blocked_since_ || (differs_ && !gone_)) return;
  if (now >= activity_ + backoff_.stable_after) level_ = 0;
}

int Pace::level(TrueTime now) {
  forgive_if_due(now);
  return level_;
}

void Pace::lower_level() {
  level_ = std::min(level_, level_reaching(backoff_, cap()));
}

void Pace::unblock(TrueTime now) {
  if (!blocked_since_) return;
  activity_ += now - std::min(now, std::max(*blocked_since_, activity_));
  blocked_since_.reset();
}

void Pace::told(TrueTime now, const governor::BackoffSettings& backoff, bool judged, bool blocked) {
  forgive_if_due(now);
  gone_ = false;
  backoff_ = backoff;
  judged_ = judged;
  if (!judged && !unknown_) healthy_ = true;
  if (lost_level_) {
    const Duration target = judged ? backoff.unhealthy_max : backoff.max;
    healthy_ = healthy_ || !judged;
    unknown_ = false;
    level_ = std::min({level_, *lost_level_, level_reaching(backoff, target)});
    lost_level_.reset();
  }
  lower_level();
  forgive_if_due(now);
  if (blocked && !blocked_since_) blocked_since_ = now;
  if (!blocked) unblock(now);
}

void Pace::gone(TrueTime now) {
  forgive_if_due(now);
  unblock(now);
  gone_ = true;
  forgive_if_due(now);
}

void Pace::listed_as_gone(TrueTime now, const governor::BackoffSettings& backoff) {
  if (lost_level_) level_ = 0;
  lost_level_.reset();
  backoff_ = backoff;
  lower_level();
  gone(now);
}

void Pace::differs(TrueTime now, bool differs) {
  forgive_if_due(now);
  differs_ = differs;
}

void Pace::begun(TrueTime now) {
  forgive_if_due(now);
  in_flight_ = true;
  demanded_ = delay_of(backoff_, level_, cap());
  const bool may_be_unhealthy = judged_ || !healthy_;
  const Duration target = may_be_unhealthy ? backoff_.unhealthy_max : backoff_.max;
  raised_level_ = std::min(level_ + 1, level_reaching(backoff_, target));
}

void Pace::called_off(TrueTime now) {
  in_flight_ = false;
  if (released_in_flight_) released(now);
}

// Between begin and send no gate is looked at again, and a policy may be told.
void Pace::sent(TrueTime /*now*/, bool repeat) {
  if (repeat) raised_level_ = std::min(raised_level_, level_);
  demanded_ = std::min(demanded_, delay_of(backoff_, level_, cap()));
}

std::optional<std::string> Pace::effect(TrueTime now) {
  std::optional<std::string> complaint;
  if (last_effect_ && now - *last_effect_ < demanded_ - kRounding) {
    complaint = format_duration(now - *last_effect_) + " after the one before, level " +
                std::to_string(level_) + " demands " + format_duration(demanded_);
  }
  level_ = std::min(raised_level_, level_reaching(backoff_, backoff_.unhealthy_max));
  last_effect_ = now;
  activity_ = now;
  durable_activity_ = now;
  healthy_ = false;
  unknown_ = true;
  return complaint;
}

void Pace::applied(TrueTime now) {
  in_flight_ = false;
  unknown_ = false;
  activity_ = now;
  healthy_ = !judged_;
  lower_level();
  if (released_in_flight_) released(now);
}

void Pace::unknown(TrueTime now) {
  in_flight_ = false;
  unknown_ = true;
  healthy_ = false;
  activity_ = now;
  if (released_in_flight_) released(now);
}

void Pace::refused(TrueTime now) {
  called_off(now);
}

void Pace::ready(TrueTime now) {
  forgive_if_due(now);
  if (unknown_ || in_flight_) return;
  healthy_ = true;
  lower_level();
}

void Pace::released(TrueTime /*now*/) {
  released_in_flight_ = in_flight_;
  if (!in_flight_) level_ = 0;
}

void Pace::process_ended(TrueTime now) {
  forgive_if_due(now);
  activity_ = durable_activity_;
  blocked_since_.reset();
  in_flight_ = false;
  released_in_flight_ = false;
}

void Pace::other_boot(TrueTime now) {
  activity_ = std::max(activity_, now);
}

void Pace::state_lost(TrueTime now, int level) {
  activity_ = std::max(activity_, now);
  lost_level_ = level;
}

void Pace::wiped() {
  *this = {};
}

}  // namespace ebbgate::property
