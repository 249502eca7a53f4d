#include "controller/kubernetes/worker_pool.h"

#include <system_error>
#include <utility>

namespace ebbgate::kubernetes {

WorkerPool::~WorkerPool() {
  stop(Duration::zero());
}

void WorkerPool::start() {
  const MutexLock lock(mutex_);
  if (const int error = add_worker()) throw NoThread("updates", error);
}

bool WorkerPool::submit(Job job) {
  const MutexLock lock(mutex_);
  if (stopping_) return false;
  if (jobs_.size() >= idle_ && workers_.size() < most_threads_) {
    try {
      // Where there is none to be had, those that there are do.
      static_cast<void>(add_worker());
    } catch (const std::system_error&) {
      // Nor is a descriptor, for a further connection.
    }
  }
  if (workers_.empty()) return false;
  jobs_.push_back(std::move(job));
  changed_.notify_one();
  return true;
}

int WorkerPool::add_worker() {
  Worker worker{connector_.connect(), {}};
  const int error = worker.thread.start(
      "update", [this, connection = worker.connection.get()] { run(*connection); });
  if (error == 0) workers_.push_back(std::move(worker));
  return error;
}

void WorkerPool::run(Connection& connection) {
  Parser parser;
  while (true) {
    Job job;
    {
      const MutexLock lock(mutex_);
      ++idle_;
      while (jobs_.empty() && !stopping_) changed_.wait(mutex_);
      --idle_;
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      ++busy_;
    }
    job({connection, parser});
    const MutexLock lock(mutex_);
    --busy_;
    if (stopping_) changed_.notify_all();
  }
}

void WorkerPool::stop(Duration patience) {
  const BootTime deadline = BootClock::now() + patience;
  std::vector<Worker> workers;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    while (busy_ > 0 || !jobs_.empty()) {
      const Duration left = deadline - BootClock::now();
      if (left <= Duration::zero()) break;
      changed_.wait_for(mutex_, left);
    }
    workers = std::exchange(workers_, {});
  }
  for (Worker& worker : workers) worker.connection->interrupt();
  for (Worker& worker : workers) worker.thread.join();
}

}  // namespace ebbgate::kubernetes
