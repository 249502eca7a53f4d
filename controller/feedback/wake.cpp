#include "controller/feedback/wake.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace ebbgate::feedback {

Wake::Wake() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Wake::notify() {
  ::eventfd_write(event_.get(), 1);
}

bool Wake::sleep(std::span<pollfd> descriptors, Duration left) {
  using std::chrono::milliseconds;
  constexpr std::size_t kMost = 2;
  // So long that it hardly costs anything to wake and sleep again.
  constexpr milliseconds kLongest = std::chrono::hours(1);
  const auto timeout = left > kLongest ? kLongest : std::chrono::ceil<milliseconds>(left);
  std::array<pollfd, kMost + 1> all{};
  const std::size_t count = std::min(descriptors.size(), kMost);
  all[0] = {event_.get(), POLLIN, 0};
  std::copy_n(descriptors.begin(), count, all.begin() + 1);
  const auto milliseconds_left = static_cast<int>(std::max(timeout, milliseconds(0)).count());
  if (::poll(all.data(), count + 1, milliseconds_left) < 0) all = {};
  for (std::size_t i = 0; i < count; ++i) descriptors[i].revents = all[i + 1].revents;
  if (all[0].revents == 0) return false;
  eventfd_t told = 0;
  ::eventfd_read(event_.get(), &told);
  return true;
}

}  // namespace ebbgate::feedback
