#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/mutex.h"
#include "base/thread.h"

namespace ebbgate::local {

/// One thread that waits for descriptors, points in time and posted work. It blocks every signal,
/// so that a write to a pipe nobody reads is an error and nothing worse.
///
/// All functions but post(), start() and join() belong to its own thread.
class UpdateLoop final {
 public:
  using Task = std::function<void()>;
  /// Which timer; the default one never fires.
  using Timer = std::pair<BootTime, std::uint64_t>;

  /// Throws std::system_error.
  UpdateLoop();
  ~UpdateLoop() { join(); }
  UpdateLoop(const UpdateLoop&) = delete;
  UpdateLoop& operator=(const UpdateLoop&) = delete;

  /// Throws NoThread.
  void start();
  /// Any thread. Tasks run in the order in which they were posted; after leave(), not at all.
  void post(Task task);
  /// Ends the thread once the present task returns.
  void leave();
  /// Waits for the thread to end, and drops every task, watch and timer.
  void join();

  /// Calls `on_readable` for as long as the descriptor is readable or at its end. It may be called
  /// once too often, so it must never block. False, with errno set, where the kernel has no room.
  [[nodiscard]] bool watch(int descriptor, Task on_readable);
  /// To be called before the descriptor is closed. Does nothing where it is not watched.
  void unwatch(int descriptor);

  Timer at(BootTime time, Task task);
  /// Does nothing where it has fired.
  void cancel(Timer timer);

 private:
  void run();
  void run_posted();
  void run_timers();
  void set_alarm();

  Descriptor epoll_;
  Descriptor wake_;
  Descriptor alarm_;
  std::map<int, std::shared_ptr<Task>> watches_;
  std::map<Timer, Task> timers_;
  std::uint64_t timers_made_ = 0;
  BootTime alarm_time_ = BootTime::max();
  bool leaving_ = false;
  Thread thread_;

  Mutex mutex_;
  std::vector<Task> posted_ EBBGATE_GUARDED_BY(mutex_);
  bool closed_ EBBGATE_GUARDED_BY(mutex_) = false;
};

}  // namespace ebbgate::local
