#pragma once

#include <poll.h>

#include <span>

#include "base/clock.h"
#include "base/descriptor.h"

namespace ebbgate::feedback {

/// How one thread sleeps, and any other wakes it. What is told while nobody sleeps ends the next
/// sleep.
class Wake final {
 public:
  /// Throws std::system_error where no descriptor is to be had.
  Wake();

  /// Any thread.
  void notify();
  /// Sleeps until notified, `left` is over, or a descriptor (at most 2; below 0: none) is ready,
  /// which its revents then tell; it may also wake early. true: notified.
  bool sleep(std::span<pollfd> descriptors, Duration left);

 private:
  Descriptor event_;
};

}  // namespace ebbgate::feedback
