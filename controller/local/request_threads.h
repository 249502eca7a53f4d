#pragma once

#include <cstddef>
#include <functional>

#include "base/mutex.h"

namespace ebbgate::local {

/// A thread for each request that blocks, so that none ever waits for another. Their number is that
/// of the requests in flight, so at most one for each workload's update and one for its probe;
/// their stacks are small. They block every signal.
class RequestThreads final {
 public:
  using Task = std::function<void()>;

  RequestThreads() = default;
  ~RequestThreads() { stop(); }
  RequestThreads(const RequestThreads&) = delete;
  RequestThreads& operator=(const RequestThreads&) = delete;

  /// Runs the task on a thread of its own. Otherwise the errno that says why there is none.
  [[nodiscard]] int start(Task task) EBBGATE_EXCLUDES(mutex_);
  /// Waits for every task to end; whoever blocks in one must have been told to. No further one is
  /// started.
  void stop() EBBGATE_EXCLUDES(mutex_);

 private:
  // What a request takes is measured in tens of kilobytes; sanitizers multiply it.
  static constexpr std::size_t kStack = std::size_t{512} * 1024;

  void ended() EBBGATE_EXCLUDES(mutex_);

  Mutex mutex_;
  Condition changed_;
  std::size_t running_ EBBGATE_GUARDED_BY(mutex_) = 0;
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
};

}  // namespace ebbgate::local
