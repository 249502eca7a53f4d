#pragma once

#include <functional>
#include <optional>

#include "base/clock.h"
#include "controller/governor/limits.h"

namespace ebbgate::feedback {

/// When a peer is to be dialled next. Each failure raises the level, and the scheduled attempt
/// comes retry_delay(level) after it; only what proves the peer brings the level to 0, where it is
/// dialled at once. A socket that appears allows one early dial for each scheduled attempt, which
/// changes nothing about it. Pure; not thread-safe.
class ReconnectBackoff final {
 public:
  /// Levels go up to the first whose delay is the longest, and never above this.
  static constexpr int kHighestLevel = 64;
  /// Between a socket's appearing and the early dial: whoever binds it has yet to listen.
  static constexpr Duration kListenGrace = std::chrono::milliseconds(50);

  /// `random` gives numbers in [0, 1).
  ReconnectBackoff(governor::RetrySettings settings, std::function<double()> random);

  /// What an earlier process knew. A time that does not hold (of another boot: nothing; or one to
  /// come) counts as now.
  void restore(int level, std::optional<BootTime> failed_at, BootTime now);
  /// From now on; the last failure, and the luck of its jitter, stay.
  void configure(const governor::RetrySettings& settings);

  int level() const { return level_; }
  /// Of level > 0.
  BootTime failed_at() const { return failed_at_; }

  /// When the next dial is due, early ones included; BootTime::min(): at once.
  BootTime next() const;
  /// A dial begins, which was due; true: an early one.
  bool dial(BootTime now);
  /// The socket's file appeared. Not while connected.
  void appeared(BootTime now);
  /// A dial, or a connection that no early dial made, ended.
  void failed(BootTime now);
  /// The peer answered.
  void proved();

 private:
  BootTime scheduled() const;
  int highest() const;

  governor::RetrySettings settings_;
  const std::function<double()> random_;
  int level_ = 0;
  BootTime failed_at_;
  double luck_ = 0;
  std::optional<BootTime> early_at_;
  bool early_used_ = false;
};

}  // namespace ebbgate::feedback
