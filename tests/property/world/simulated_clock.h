#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace ebbgate::property {

/// Time as nobody in the simulated world can see it: it never jumps and no reboot touches it.
using TrueTime = Duration;

/// The machine's clocks. The wall clock jumps when it is told to; a reboot restarts the boot clock.
class SimulatedClock final : public Clock {
 public:
  Instant now() const override {
    const auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(true_now_);
    return {at(true_now_), WallTime(std::chrono::hours(1000)) + wall + wall_offset_};
  }

  TrueTime true_now() const { return true_now_; }
  BootTime at(TrueTime time) const { return BootTime(time - booted_at_ + kFirst); }
  TrueTime true_time(BootTime time) const { return time.time_since_epoch() - kFirst + booted_at_; }
  std::uint64_t boot() const { return boot_; }

  void advance_to(TrueTime time) { true_now_ = std::max(true_now_, time); }
  void jump_wall(std::chrono::milliseconds by) { wall_offset_ += by; }
  void reboot() {
    booted_at_ = true_now_;
    ++boot_;
  }

 private:
  // What the boot clock shows when a process can first run.
  static constexpr Duration kFirst = std::chrono::seconds(5);

  TrueTime true_now_{0};
  TrueTime booted_at_{0};
  std::uint64_t boot_ = 1;
  std::chrono::milliseconds wall_offset_{0};
};

}  // namespace ebbgate::property
