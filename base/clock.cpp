#include "base/clock.h"

#include <time.h>

#include <fstream>

namespace ebbgate {

BootTime BootClock::now() noexcept {
  timespec value{};
  clock_gettime(CLOCK_BOOTTIME, &value);
  return BootTime(std::chrono::seconds(value.tv_sec) + std::chrono::nanoseconds(value.tv_nsec));
}

Instant SystemClock::now() const {
  return {BootClock::now(), std::chrono::time_point_cast<std::chrono::milliseconds>(
                                std::chrono::system_clock::now())};
}

namespace {

Duration offset_of(const Instant& now) {
  return now.wall.time_since_epoch() - now.boot.time_since_epoch();
}

}  // namespace

WallAnchor::WallAnchor(const Instant& now) : offset_(offset_of(now)) {}

void WallAnchor::follow(const Instant& now) {
  constexpr Duration kJump = std::chrono::milliseconds(100);
  const Duration offset = offset_of(now);
  if (std::chrono::abs(offset - offset_) > kJump) offset_ = offset;
}

WallTime WallAnchor::at(BootTime time) const {
  return WallTime(std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch() + offset_));
}

std::string boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id;
}

}  // namespace ebbgate
