#pragma once

#include <optional>

#include "base/clock.h"

namespace ebbgate::local {

/// When a rollout is probed. Until its time-out is over, one interval after it is watched, and then
/// one interval from the beginning of a probe to that of the next. Once it was given up, the time
/// between two probes doubles with each, up to a minute (or the interval, where that is longer): a
/// service that recovers late is noticed, and one that never does costs little.
class ProbeSchedule final {
 public:
  static constexpr Duration kRarest = std::chrono::minutes(1);

  ProbeSchedule(Duration interval, Duration timeout, BootTime now)
      : interval_(interval),
        timeout_(timeout),
        spacing_(interval),
        watched_since_(now),
        next_(now + interval) {}

  /// A probe begins.
  void begin(BootTime now);
  /// The time-out is over.
  void give_up() { given_up_ = true; }
  /// What was given up stays given up, but is probed soon and as often as at first.
  void change(Duration interval, Duration timeout, BootTime now);

  /// When the next probe is due; it may be past.
  BootTime next() const { return next_; }
  /// When the rollout is to be given up; nothing: it was.
  std::optional<BootTime> deadline() const;
  bool given_up() const { return given_up_; }

 private:
  Duration interval_;
  Duration timeout_;
  Duration spacing_;  // from the last probe to the next
  BootTime watched_since_;
  BootTime next_;
  bool given_up_ = false;
};

}  // namespace ebbgate::local
