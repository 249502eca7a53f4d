#include "controller/local/probe_schedule.h"

#include <algorithm>

namespace ebbgate::local {

void ProbeSchedule::begin(BootTime now) {
  if (given_up_) spacing_ = std::max(interval_, std::min(spacing_ * 2, kRarest));
  next_ = now + spacing_;
}

void ProbeSchedule::change(Duration interval, Duration timeout, BootTime now) {
  interval_ = interval;
  timeout_ = timeout;
  spacing_ = interval;
  next_ = now + interval;
}

std::optional<BootTime> ProbeSchedule::deadline() const {
  if (given_up_) return std::nullopt;
  return watched_since_ + timeout_;
}

}  // namespace ebbgate::local
