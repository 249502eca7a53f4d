#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"

namespace ebbgate::metrics {

/// Lets only a few lists be put together at once. One costs a processor many times what a decision
/// does: were all threads at it that answer requests, decisions would wait for a processor, and
/// none of the lists would be ready in time. As every wait keeps a thread that answers requests,
/// probes among them, only a few may wait. Any thread.
class ListPermits final {
 public:
  static constexpr std::size_t kMostWaiting = 8;

  explicit ListPermits(std::size_t count, std::size_t most_waiting = kMostWaiting)
      : most_waiting_(most_waiting), left_(count) {}
  /// Half of the machine.
  ListPermits() : ListPermits(std::max<std::size_t>(std::thread::hardware_concurrency() / 2, 1)) {}

  /// One list may be put together as long as this lives; or none, where it is empty.
  class Permit final {
   public:
    explicit Permit(ListPermits* of) : of_(of) {}
    ~Permit() {
      if (of_ != nullptr) of_->give_back();
    }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    explicit operator bool() const { return of_ != nullptr; }

   private:
    ListPermits* const of_;
  };

  /// Waits for one, for at most `patience`; not at all where enough others wait.
  Permit take(Duration patience) EBBGATE_EXCLUDES(mutex_) {
    const BootTime until = BootClock::now() + patience;
    const MutexLock lock(mutex_);
    if (left_ == 0 && waiting_ >= most_waiting_) return Permit(nullptr);
    ++waiting_;
    while (left_ == 0 && BootClock::now() < until) {
      changed_.wait_for(mutex_, until - BootClock::now());
    }
    --waiting_;
    if (left_ == 0) return Permit(nullptr);
    --left_;
    return Permit(this);
  }

 private:
  void give_back() EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ++left_;
    changed_.notify_one();
  }

  const std::size_t most_waiting_;
  Mutex mutex_;
  Condition changed_;
  std::size_t waiting_ EBBGATE_GUARDED_BY(mutex_) = 0;
  std::size_t left_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate::metrics
