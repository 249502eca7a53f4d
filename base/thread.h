#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ebbgate {

/// What a program cannot be started without: a thread that the system refused. what() names what
/// it was for, and what to do.
class NoThread final : public std::runtime_error {
 public:
  /// `what_for`: "the loop that decides"; `error`: the errno that start() returned.
  NoThread(std::string_view what_for, int error);
};

/// A thread of its owner, who joins it. The one place, beside start_detached(), where threads are
/// made: that the system may refuse one is a value here, which nobody can overlook.
class Thread final {
 public:
  using Work = std::function<void()>;

  Thread() = default;
  ~Thread() { join(); }
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  /// Runs `work` on a thread that debuggers know by `name`, of at most 15 characters. 0, or the
  /// errno that says why there is none: then `work` never runs, and start() may be tried again.
  [[nodiscard]] int start(const char* name, Work work);
  /// The same for what is begun once, with the process. Throws NoThread.
  void demand(const char* name, std::string_view what_for, Work work);

  bool joinable() const { return thread_.has_value(); }
  /// Waits for its end; does nothing where there is none.
  void join();
  /// Leaves it to itself.
  void detach();

 private:
  std::optional<pthread_t> thread_;
};

/// Runs `work` on a thread that nobody joins, so that it may hang: it owns all that it uses. 0, or
/// the errno that says why there is none. A `stack_size` of 0 is the usual one.
[[nodiscard]] int start_detached(const char* name, Thread::Work work, std::size_t stack_size = 0);

/// Blocks every signal for the calling thread, such as one that may hang, and the threads that it
/// starts.
void block_all_signals();

/// What to tell people where there was no thread for this.
std::string no_thread(std::string_view what_for, int error);

}  // namespace ebbgate
