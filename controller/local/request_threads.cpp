#include "controller/local/request_threads.h"

#include <cerrno>
#include <utility>

#include "base/thread.h"
#include "controller/local/update_loop.h"

namespace ebbgate::local {

int RequestThreads::start(Task task) {
  {
    MutexLock lock(mutex_);
    if (stopping_) return ECANCELED;
    ++running_;
  }
  auto run = [this, task = std::move(task)]() mutable {
    block_all_signals();
    task();
    task = nullptr;  // what it owns may not outlive stop()
    ended();
  };
  const int error = start_detached("request", std::move(run), kStack);
  if (error != 0) ended();
  return error;
}

void RequestThreads::ended() {
  MutexLock lock(mutex_);
  --running_;
  changed_.notify_all();
}

void RequestThreads::stop() {
  MutexLock lock(mutex_);
  stopping_ = true;
  while (running_ > 0) changed_.wait(mutex_);
}

}  // namespace ebbgate::local
