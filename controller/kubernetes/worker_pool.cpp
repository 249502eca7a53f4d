#include "controller/kubernetes/worker_pool.h"

#include <pthread.h>

#include <utility>

namespace ebbgate::kubernetes {

WorkerPool::~WorkerPool() {
  stop(Duration::zero());
}

bool WorkerPool::submit(Job job) {
  const MutexLock lock(mutex_);
  if (stopping_) return false;
  jobs_.push_back(std::move(job));
  if (jobs_.size() > idle_ && workers_.size() < most_threads_) {
    Worker& worker = workers_.emplace_back();
    worker.connection = connector_.connect();
    worker.thread = std::thread([this, connection = worker.connection.get()] { run(*connection); });
    pthread_setname_np(worker.thread.native_handle(), "update");
  } else {
    changed_.notify_one();
  }
  return true;
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
