#pragma once

#include <chrono>
#include <string>

namespace ebbgate {

using Duration = std::chrono::nanoseconds;

/// CLOCK_BOOTTIME: never jumps, goes on while the machine sleeps, and means nothing after a reboot.
/// Every wait and lease runs on it.
struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};
using BootTime = BootClock::time_point;

/// The wall clock, for people (and for a hold until a time): it may jump.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// One reading of both clocks.
struct Instant {
  BootTime boot;
  WallTime wall;
};

/// Where time comes from. Handed in, so that tests and simulations have their own.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

/// The machine's clocks. Any thread.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

/// Translates moments of the boot clock into wall time, the same moment always into the same time,
/// until the wall clock has moved against the boot clock by more than a tenth of a second.
class WallAnchor {
 public:
  explicit WallAnchor(const Instant& now);
  void follow(const Instant& now);
  WallTime at(BootTime time) const;

 private:
  Duration offset_;
};

/// The kernel's id of this boot; BootTimes of different boots cannot be compared. Empty if unknown.
std::string boot_id();

}  // namespace ebbgate
