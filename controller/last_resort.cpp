#include "controller/last_resort.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>

namespace ebbgate {

namespace {

// With the time that the log gets to say so, less than the five seconds that are promised.
constexpr Duration kPatience = std::chrono::milliseconds(4600);
constexpr Duration kPatienceForLog = std::chrono::milliseconds(200);

Descriptor ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return Descriptor(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

LastResort::LastResort(Log& log)
    : log_(log), signals_(ending_signals()), told_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  thread_.demand("last resort", "ending in time", [this] { run(); });
}

LastResort::~LastResort() {
  {
    const MutexLock lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  begin();
  thread_.join();
}

void LastResort::begin() {
  eventfd_write(told_.get(), 1);
}

void LastResort::run() {
  // Whoever waits for the signals takes them; here they are only seen.
  std::array<pollfd, 2> awaited{{{signals_.get(), POLLIN, 0}, {told_.get(), POLLIN, 0}}};
  while (::poll(awaited.data(), awaited.size(), -1) < 0) {
  }
  const BootTime deadline = BootClock::now() + kPatience;
  const MutexLock lock(mutex_);
  while (!ended_) {
    const Duration left = deadline - BootClock::now();
    if (left <= Duration::zero()) {
      log_.error(
          "it did not end in time (does a file system hang?) and is ended hard; what was committed "
          "stays, and the next start treats it as after a crash");
      log_.flush(kPatienceForLog);
      _exit(1);
    }
    changed_.wait_for(mutex_, left);
  }
}

}  // namespace ebbgate
