#include "net/waiter.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

namespace ebbgate::net {

Waiter::Waiter() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Waiter::Result Waiter::wait(int descriptor, short events, BootTime deadline) const {
  pollfd only{descriptor, events, 0};
  return wait(std::span(&only, 1), deadline);
}

Waiter::Result Waiter::wait(std::span<pollfd> descriptors, BootTime deadline) const {
  constexpr std::size_t kMost = 4;
  std::array<pollfd, kMost + 1> all{};
  const std::size_t count = std::min(descriptors.size(), kMost);
  while (!interrupted_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - BootClock::now());
    constexpr auto kLongest = std::chrono::milliseconds(std::numeric_limits<int>::max());
    const auto timeout = std::clamp(left, std::chrono::milliseconds::zero(), kLongest);
    all[0] = {wake_.get(), POLLIN, 0};
    std::copy_n(descriptors.begin(), count, all.begin() + 1);
    const int ready = poll(all.data(), count + 1, static_cast<int>(timeout.count()));
    std::copy_n(all.begin() + 1, count, descriptors.begin());
    if (interrupted_) break;
    if (ready > 0) return Result::ready;
    if (ready == 0 && left <= kLongest) return Result::late;
  }
  return Result::interrupted;
}

void Waiter::interrupt() {
  interrupted_ = true;
  eventfd_write(wake_.get(), 1);
}

}  // namespace ebbgate::net
