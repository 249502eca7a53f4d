#include "controller/loop.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

namespace ebbgate {

namespace {

int checked(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  return descriptor;
}

void drain(int descriptor) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t size = read(descriptor, &count, sizeof count);
}

}  // namespace

Loop::Loop()
    : wake_fd_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      timer_fd_(checked(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd")) {}

Loop::~Loop() {
  end();
  close(wake_fd_);
  close(timer_fd_);
}

void Loop::start(Controller& controller, std::function<void(Duration)> on_turn) {
  on_turn_ = std::move(on_turn);
  thread_.demand("loop", "the loop that decides", [this, &controller] { run(controller); });
}

void Loop::stop(Duration patience, const std::function<void()>& in_between) {
  if (!thread_.joinable()) {
    in_between();
    return;
  }
  post([](Controller& controller) { controller.stop_deciding(); });
  const BootTime deadline = BootClock::now() + patience;
  while (BootClock::now() < deadline) {
    const auto starting = ask<std::size_t>(
        deadline - BootClock::now(), [](Controller& controller) { return controller.starting(); });
    if (starting == std::size_t{0}) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  in_between();
  end();
}

void Loop::end() {
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  wake();
  if (thread_.joinable()) thread_.join();
}

void Loop::post(Event event) {
  {
    const MutexLock lock(mutex_);
    events_.push_back(std::move(event));
    if (!expect_something()) return;
  }
  wake();
}

void Loop::add_question(Event question) {
  {
    const MutexLock lock(mutex_);
    questions_.push_back(std::move(question));
    if (!expect_something()) return;
  }
  wake();
}

bool Loop::expect_something() {
  if (!waiting_since_) waiting_since_ = BootClock::now();
  return std::exchange(asleep_, false);
}

bool Loop::something_waits() const {
  return !events_.empty() || !questions_.empty();
}

void Loop::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t size = write(wake_fd_, &one, sizeof one);
}

bool Loop::turning(Duration patience) const {
  const MutexLock lock(mutex_);
  return !waiting_since_ || BootClock::now() - *waiting_since_ < patience;
}

void Loop::run(Controller& controller) {
  while (round(controller)) sleep(controller.next_turn());
}

bool Loop::round(Controller& controller) {
  std::vector<Event> events;
  bool ending = false;
  {
    const MutexLock lock(mutex_);
    events.swap(events_);
    if (!questions_.empty()) {
      events.push_back(std::move(questions_.front()));
      questions_.pop_front();
    }
    ending = ending_;
  }
  const BootTime began = BootClock::now();
  for (const Event& event : events) event(controller);
  controller.turn();
  on_turn_(BootClock::now() - began);
  const MutexLock lock(mutex_);
  if (something_waits()) {
    waiting_since_ = BootClock::now();
  } else {
    waiting_since_.reset();
  }
  // What came with the end is still taken in.
  return !ending || something_waits();
}

void Loop::sleep(std::optional<BootTime> until) {
  {
    const MutexLock lock(mutex_);
    if (something_waits() || ending_) return;
    asleep_ = true;
  }
  arm_timer(until);
  std::array<pollfd, 2> descriptors{{{wake_fd_, POLLIN, 0}, {timer_fd_, POLLIN, 0}}};
  poll(descriptors.data(), descriptors.size(), -1);
  if ((descriptors[0].revents & POLLIN) != 0) drain(wake_fd_);
  if ((descriptors[1].revents & POLLIN) != 0) {
    drain(timer_fd_);
    armed_.reset();
  }
  const MutexLock lock(mutex_);
  asleep_ = false;
}

void Loop::arm_timer(std::optional<BootTime> until) {
  if (until == armed_) return;
  armed_ = until;
  itimerspec timer{};
  if (until) {
    // A time of zero would turn the timer off.
    const Duration left = std::max(until->time_since_epoch(), Duration(1));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    timer.it_value.tv_sec = seconds.count();
    timer.it_value.tv_nsec = (left - seconds).count();
  }
  timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &timer, nullptr);
}

void Loop::observed(Observation observation) {
  post([observation = std::move(observation)](Controller& controller) {
    controller.observed(observation);
  });
}

void Loop::gone(const WorkloadKey& key) {
  post([key](Controller& controller) { controller.gone(key); });
}

void Loop::listed() {
  post([](Controller& controller) { controller.listed(); });
}

void Loop::prepared(AttemptId attempt, std::string witness) {
  post([attempt, witness = std::move(witness)](Controller& controller) {
    controller.prepared(attempt, witness);
  });
}

void Loop::answered(AttemptId attempt, Answer answer) {
  post([attempt, answer = std::move(answer)](Controller& controller) {
    controller.answered(attempt, answer);
  });
}

void Loop::rolled_out(const WorkloadKey& key, bool ready, std::string why) {
  post([key, ready, why = std::move(why)](Controller& controller) {
    controller.rolled_out(key, ready, why);
  });
}

void Loop::not_ready_yet(const WorkloadKey& key, std::string found) {
  post([key, found = std::move(found)](Controller& controller) {
    controller.not_ready_yet(key, found);
  });
}

void Loop::committed(storage::Sequence sequence) {
  post([sequence](Controller& controller) { controller.committed(sequence); });
}

void Loop::commit_failed(const std::string& error) {
  post([error](Controller& controller) { controller.commit_failed(error); });
}

void Loop::marked_lost(bool durable) {
  post([durable](Controller& controller) { controller.marked_lost(durable); });
}

}  // namespace ebbgate
