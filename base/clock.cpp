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

std::string boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id;
}

}  // namespace ebbgate
