#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"

namespace ebbgate {

/// What `work` returns; nothing where that takes longer than `patience`. It runs on a thread of its
/// own, which then stays behind: `work` owns what it uses. Where no thread is to be had it runs on
/// the caller's, for as long as it takes: callers can be ended by a signal meanwhile.
template <class Result>
std::optional<Result> in_time(Duration patience, std::function<Result()> work) {
  struct Shared {
    Mutex mutex;
    Condition done;
    std::optional<Result> result EBBGATE_GUARDED_BY(mutex);
  };
  const auto shared = std::make_shared<Shared>();
  const int no_thread = start_detached("in time", [shared, work] {
    block_all_signals();
    Result result = work();
    const MutexLock lock(shared->mutex);
    shared->result = std::move(result);
    shared->done.notify_all();
  });
  if (no_thread != 0) return work();
  const BootTime deadline = BootClock::now() + patience;
  const MutexLock lock(shared->mutex);
  while (!shared->result) {
    const Duration left = deadline - BootClock::now();
    if (left <= Duration::zero()) return std::nullopt;
    shared->done.wait_for(shared->mutex, left);
  }
  return std::move(shared->result);
}

}  // namespace ebbgate
