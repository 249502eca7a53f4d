#pragma once

#include <algorithm>

#include "controller/governor/policy.h"
#include "tests/property/world/pace.h"

namespace ebbgate::property {

/// The other side of Pace: how long the next update of one workload may at most have to wait. It
/// counts every update that may have counted, and none as forgiven.
class Patience {
 public:
  void begun() { open_ = true; }
  void called_off(TrueTime now) { refused(now); }
  void refused(TrueTime now) {
    open_ = false;
    durable_ = false;
    retry_until_ = now + kLongestRetry;
  }
  void applied(TrueTime now, bool judged) {
    count(now);
    healthy_ = !judged;
  }
  void unknown(TrueTime now) {
    count(now);
    healthy_ = false;
  }
  void durable() { durable_ = true; }
  void process_ended() {
    uncertain_ = uncertain_ || open_ || !durable_;
    open_ = false;
  }
  void process_started(TrueTime now, bool found_good, bool same_boot) {
    if (uncertain_) unknown(now);
    if (!found_good) level_ = kHighest;
    if (!found_good || !same_boot) answered_ = now;
    uncertain_ = false;
    retry_until_ = now;
  }

  /// When its next update goes at the latest, once nothing but its own pace holds it back.
  TrueTime latest(TrueTime now, const governor::BackoffSettings& backoff, bool judged) const {
    const Duration cap = healthy_ && !judged && !open_ ? backoff.max : backoff.unhealthy_max;
    const int level = open_ ? level_ + 1 : level_;
    const TrueTime answered = open_ ? now + kLongestAttempt : answered_;
    return std::max({now, answered + delay_of(backoff, level, cap), retry_until_});
  }

 private:
  static constexpr int kHighest = 64;
  static constexpr Duration kLongestRetry = std::chrono::seconds(10);
  static constexpr Duration kLongestAttempt = std::chrono::seconds(10);

  void count(TrueTime now) {
    open_ = false;
    durable_ = false;
    level_ = std::min(level_ + 1, kHighest);
    answered_ = now;
    retry_until_ = now;
  }

  int level_ = 0;
  bool open_ = false;
  bool durable_ = true;
  bool uncertain_ = false;  // an attempt may have counted
  bool healthy_ = true;
  TrueTime answered_{0};
  TrueTime retry_until_{0};
};

}  // namespace ebbgate::property
