#include "base/thread.h"

#include <csignal>
#include <cstring>
#include <memory>
#include <utility>

namespace ebbgate {

namespace {

struct Start {
  const char* name;
  Thread::Work work;
};

void* run(void* start) {
  const std::unique_ptr<Start> own(static_cast<Start*>(start));
  pthread_setname_np(pthread_self(), own->name);
  own->work();
  return nullptr;
}

int create(pthread_t& thread, const char* name, Thread::Work work, int state,
           std::size_t stack_size) {
  auto start = std::make_unique<Start>(Start{name, std::move(work)});
  pthread_attr_t attributes;
  if (const int error = pthread_attr_init(&attributes)) return error;
  pthread_attr_setdetachstate(&attributes, state);
  int error = stack_size == 0 ? 0 : pthread_attr_setstacksize(&attributes, stack_size);
  if (error == 0) error = pthread_create(&thread, &attributes, &run, start.get());
  pthread_attr_destroy(&attributes);
  if (error == 0) static_cast<void>(start.release());  // run() owns it
  return error;
}

}  // namespace

NoThread::NoThread(std::string_view what_for, int error)
    : std::runtime_error(no_thread(what_for, error)) {}

Thread::Thread(Thread&& other) noexcept : thread_(std::exchange(other.thread_, std::nullopt)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
  join();
  thread_ = std::exchange(other.thread_, std::nullopt);
  return *this;
}

int Thread::start(const char* name, Work work) {
  join();
  pthread_t thread{};
  const int error = create(thread, name, std::move(work), PTHREAD_CREATE_JOINABLE, 0);
  if (error == 0) thread_ = thread;
  return error;
}

void Thread::demand(const char* name, std::string_view what_for, Work work) {
  if (const int error = start(name, std::move(work))) throw NoThread(what_for, error);
}

void Thread::join() {
  if (const auto thread = std::exchange(thread_, std::nullopt)) pthread_join(*thread, nullptr);
}

void Thread::detach() {
  if (const auto thread = std::exchange(thread_, std::nullopt)) pthread_detach(*thread);
}

int start_detached(const char* name, Thread::Work work, std::size_t stack_size) {
  pthread_t thread{};
  return create(thread, name, std::move(work), PTHREAD_CREATE_DETACHED, stack_size);
}

void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

std::string no_thread(std::string_view what_for, int error) {
  return "there is no thread for " + std::string(what_for) + " (" + std::strerror(error) +
         "): raise the limit of threads and processes (ulimit -u, TasksMax of the service, "
         "pids.max of the container), or that of memory (ulimit -v, MemoryMax of the service, the "
         "memory of the container)";
}

}  // namespace ebbgate
