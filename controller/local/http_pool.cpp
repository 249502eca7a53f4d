#include "controller/local/http_pool.h"

#include <system_error>
#include <utility>

#include "controller/local/update_loop.h"

namespace ebbgate::local {

bool HttpPool::submit(Task task) {
  MutexLock lock(mutex_);
  if (stopping_) return false;
  if (tasks_.size() >= idle_ && threads_.size() < max_threads_) {
    try {
      threads_.emplace_back([this] {
        block_all_signals();
        work();
      });
    } catch (const std::system_error&) {
      if (threads_.empty()) return false;
    }
  }
  tasks_.push_back(std::move(task));
  changed_.notify_one();
  return true;
}

void HttpPool::stop() {
  std::vector<std::thread> threads;
  std::deque<Task> dropped;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
    dropped.swap(tasks_);
    changed_.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
}

void HttpPool::work() {
  while (true) {
    Task task;
    {
      MutexLock lock(mutex_);
      ++idle_;
      while (tasks_.empty() && !stopping_) changed_.wait(mutex_);
      --idle_;
      if (stopping_) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace ebbgate::local
