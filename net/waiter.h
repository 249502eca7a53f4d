#pragma once

#include <poll.h>

#include <atomic>
#include <span>

#include "base/clock.h"
#include "base/descriptor.h"

namespace ebbgate::net {

/// How one thread waits for descriptors, and any other ends that for good.
class Waiter final {
 public:
  enum class Result { ready, late, interrupted };

  /// Throws std::system_error where no descriptor is to be had.
  Waiter();

  /// Waits until one of `events` (as poll() knows them) or an error is there. A descriptor below 0
  /// is never ready.
  Result wait(int descriptor, short events, BootTime deadline) const;
  /// The same for several, of which one is enough; at most 4.
  Result wait(std::span<pollfd> descriptors, BootTime deadline) const;

  /// Any thread. What waits, and whatever waits later, is interrupted.
  void interrupt();
  bool interrupted() const { return interrupted_; }

 private:
  std::atomic<bool> interrupted_ = false;
  Descriptor wake_;
};

}  // namespace ebbgate::net
