#include "controller/feedback/reconnect_backoff.h"

#include <algorithm>
#include <utility>

namespace ebbgate::feedback {

ReconnectBackoff::ReconnectBackoff(governor::RetrySettings settings, std::function<double()> random)
    : settings_(settings), random_(std::move(random)) {}

void ReconnectBackoff::restore(int level, std::optional<BootTime> failed_at, BootTime now) {
  level_ = std::clamp(level, 0, highest());
  failed_at_ = std::min(failed_at.value_or(now), now);
  luck_ = random_();
}

void ReconnectBackoff::configure(const governor::RetrySettings& settings) {
  settings_ = settings;
  level_ = std::min(level_, highest());
}

int ReconnectBackoff::highest() const {
  governor::RetrySettings unvaried = settings_;
  unvaried.jitter = governor::Jitter::none;
  int level = 1;
  while (level < kHighestLevel && governor::retry_delay(unvaried, level, 0) < settings_.max) {
    if (settings_.factor <= 1) break;
    ++level;
  }
  return level;
}

BootTime ReconnectBackoff::scheduled() const {
  if (level_ == 0) return BootTime::min();
  return failed_at_ + governor::retry_delay(settings_, level_, luck_);
}

BootTime ReconnectBackoff::next() const {
  return early_at_ ? std::min(*early_at_, scheduled()) : scheduled();
}

bool ReconnectBackoff::dial(BootTime now) {
  early_at_.reset();
  if (now >= scheduled()) return false;
  early_used_ = true;
  return true;
}

void ReconnectBackoff::appeared(BootTime now) {
  if (level_ > 0 && !early_used_ && !early_at_) early_at_ = now + kListenGrace;
}

void ReconnectBackoff::failed(BootTime now) {
  level_ = std::min(level_ + 1, highest());
  failed_at_ = now;
  luck_ = random_();
  early_at_.reset();
  early_used_ = false;
}

void ReconnectBackoff::proved() {
  level_ = 0;
  early_at_.reset();
  early_used_ = false;
}

}  // namespace ebbgate::feedback
