#include "controller/kubernetes/waiter.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

namespace ebbgate::kubernetes {

Waiter::Waiter() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Waiter::Result Waiter::wait(int descriptor, short events, BootTime deadline) const {
  while (!interrupted_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - BootClock::now());
    constexpr auto kMost = std::chrono::milliseconds(std::numeric_limits<int>::max());
    const auto timeout = std::clamp(left, std::chrono::milliseconds::zero(), kMost);
    std::array<pollfd, 2> both{{{descriptor, events, 0}, {wake_.get(), POLLIN, 0}}};
    const int ready = poll(both.data(), both.size(), static_cast<int>(timeout.count()));
    if (ready > 0 && both[0].revents != 0 && !interrupted_) return Result::ready;
    if (ready == 0 && left <= kMost) return interrupted_ ? Result::interrupted : Result::late;
  }
  return Result::interrupted;
}

void Waiter::interrupt() {
  interrupted_ = true;
  eventfd_write(wake_.get(), 1);
}

}  // namespace ebbgate::kubernetes
