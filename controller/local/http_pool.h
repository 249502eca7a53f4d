#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace ebbgate::local {

/// Threads for requests that block: one for each in flight, made when first needed, up to a bound;
/// beyond it requests wait their turn. The threads block every signal.
class HttpPool final {
 public:
  using Task = std::function<void()>;

  explicit HttpPool(std::size_t max_threads) : max_threads_(max_threads) {}
  ~HttpPool() { stop(); }
  HttpPool(const HttpPool&) = delete;
  HttpPool& operator=(const HttpPool&) = delete;

  /// False where no thread can be had, or after stop().
  bool submit(Task task) EBBGATE_EXCLUDES(mutex_);
  /// Drops what waits and joins the threads. Whoever blocks in a task must have been told to end.
  void stop() EBBGATE_EXCLUDES(mutex_);

 private:
  void work() EBBGATE_EXCLUDES(mutex_);

  const std::size_t max_threads_;
  Mutex mutex_;
  Condition changed_;
  std::deque<Task> tasks_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ EBBGATE_GUARDED_BY(mutex_);
  std::size_t idle_ EBBGATE_GUARDED_BY(mutex_) = 0;
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
};

}  // namespace ebbgate::local
