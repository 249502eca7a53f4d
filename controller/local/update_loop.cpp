#include "controller/local/update_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace ebbgate::local {
namespace {

Descriptor opened(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  return Descriptor(descriptor);
}

void drain(int descriptor) {
  std::uint64_t count = 0;
  // A lost wake-up is impossible: what was posted is looked at after this.
  [[maybe_unused]] const ssize_t got = ::read(descriptor, &count, sizeof count);
}

}  // namespace

UpdateLoop::UpdateLoop()
    : epoll_(opened(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(opened(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      alarm_(opened(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd")) {
  const bool watched = watch(wake_.get(),
                             [this] {
                               drain(wake_.get());
                               run_posted();
                             }) &&
                       watch(alarm_.get(), [this] { drain(alarm_.get()); });
  if (!watched) throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void UpdateLoop::start() {
  thread_.demand("updates", "updates", [this] {
    block_all_signals();
    run();
  });
}

void UpdateLoop::post(Task task) {
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    posted_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(wake_.get(), &one, sizeof one);
}

void UpdateLoop::leave() {
  leaving_ = true;
  MutexLock lock(mutex_);
  closed_ = true;
}

void UpdateLoop::join() {
  if (!thread_.joinable()) return;
  thread_.join();
  watches_.clear();
  timers_.clear();
  std::vector<Task> dropped;
  MutexLock lock(mutex_);
  dropped.swap(posted_);
}

bool UpdateLoop::watch(int descriptor, Task on_readable) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) return false;
  watches_[descriptor] = std::make_shared<Task>(std::move(on_readable));
  return true;
}

void UpdateLoop::unwatch(int descriptor) {
  if (watches_.erase(descriptor) == 0) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
}

UpdateLoop::Timer UpdateLoop::at(BootTime time, Task task) {
  const Timer timer(time, ++timers_made_);
  timers_.emplace(timer, std::move(task));
  return timer;
}

void UpdateLoop::cancel(Timer timer) {
  timers_.erase(timer);
}

void UpdateLoop::run() {
  std::array<epoll_event, 64> events{};
  while (!leaving_) {
    set_alarm();
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) std::abort();
    for (int i = 0; i < count && !leaving_; ++i) {
      const auto found = watches_.find(events[static_cast<std::size_t>(i)].data.fd);
      if (found == watches_.end()) continue;
      const std::shared_ptr<Task> task = found->second;  // it may unwatch itself
      (*task)();
    }
    if (!leaving_) run_timers();
  }
}

void UpdateLoop::run_posted() {
  std::vector<Task> tasks;
  {
    MutexLock lock(mutex_);
    tasks.swap(posted_);
  }
  for (Task& task : tasks) {
    if (leaving_) return;
    task();
  }
}

void UpdateLoop::run_timers() {
  const BootTime now = BootClock::now();
  while (!leaving_ && !timers_.empty() && timers_.begin()->first.first <= now) {
    const Task task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    task();
  }
}

void UpdateLoop::set_alarm() {
  const BootTime next = timers_.empty() ? BootTime::max() : timers_.begin()->first.first;
  if (next == alarm_time_) return;
  alarm_time_ = next;
  itimerspec when{};
  if (next != BootTime::max()) {
    // Zero would disarm it.
    const auto since_boot = std::max(next.time_since_epoch(), Duration(1));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = (since_boot - seconds).count();
  }
  timerfd_settime(alarm_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace ebbgate::local
