#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "base/thread.h"
#include "controller/kubernetes/connection.h"
#include "controller/kubernetes/parser.h"

namespace ebbgate::kubernetes {

/// Threads with a connection each, one from start() on and others made as they are needed, that
/// take jobs in their order.
class WorkerPool final {
 public:
  /// What a job works with; its thread's own.
  struct Tools {
    Connection& connection;
    Parser& parser;
  };
  using Job = std::function<void(const Tools&)>;

  /// `connector` must outlive stop().
  WorkerPool(Connector& connector, std::size_t most_threads)
      : connector_(connector), most_threads_(most_threads) {}
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Makes the first thread, so that none can be wanting altogether. Throws NoThread, or
  /// std::system_error where no descriptor is to be had.
  void start() EBBGATE_EXCLUDES(mutex_);

  /// Any thread; never blocks. False: it ends, or there is no thread at all, and the job is not
  /// taken.
  [[nodiscard]] bool submit(Job job) EBBGATE_EXCLUDES(mutex_);

  /// Lets what was submitted be done for as long as `patience`, then interrupts what is under way
  /// (jobs still run to their end, with connections that do nothing any more), and ends.
  void stop(Duration patience) EBBGATE_EXCLUDES(mutex_);

 private:
  struct Worker {
    std::unique_ptr<Connection> connection;
    Thread thread;
  };

  // 0, or the errno that says why there is none; connecting may throw it.
  int add_worker() EBBGATE_REQUIRES(mutex_);
  void run(Connection& connection) EBBGATE_EXCLUDES(mutex_);

  Connector& connector_;
  const std::size_t most_threads_;
  Mutex mutex_;
  Condition changed_;
  std::deque<Job> jobs_ EBBGATE_GUARDED_BY(mutex_);
  std::size_t idle_ EBBGATE_GUARDED_BY(mutex_) = 0;
  std::size_t busy_ EBBGATE_GUARDED_BY(mutex_) = 0;
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
  std::vector<Worker> workers_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate::kubernetes
