#include "controller/local/request_threads.h"

#include <pthread.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "controller/local/update_loop.h"

namespace ebbgate::local {

struct RequestThreads::Start {
  RequestThreads& threads;
  Task task;
};

int RequestThreads::start(Task task) {
  {
    MutexLock lock(mutex_);
    if (stopping_) return ECANCELED;
    ++running_;
  }
  std::unique_ptr<Start> start(new Start{*this, std::move(task)});
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStack);
  pthread_t thread{};
  const int error = pthread_create(&thread, &attributes, &run, start.get());
  pthread_attr_destroy(&attributes);
  if (error == 0) {
    static_cast<void>(start.release());  // run() owns it
  } else {
    ended();
  }
  return error;
}

void* RequestThreads::run(void* start) {
  block_all_signals();
  std::unique_ptr<Start> own(static_cast<Start*>(start));
  RequestThreads& threads = own->threads;
  own->task();
  own.reset();
  threads.ended();
  return nullptr;
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
