#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/clock.h"

namespace ebbgate::local {

/// A few threads for reading that may take long or for ever. A thread whose job does not end is
/// left to it, and another one takes its place, up to a limit; jobs must therefore own all that
/// they touch. Used by one thread.
class ReadingPool {
 public:
  using Job = std::function<void()>;
  enum class Urgency {
    soon,
    whenever,  ///< when no urgent job waits; a long row of those lets one through, too
  };
  struct Sizes {
    std::size_t usual = 4;  ///< threads while all jobs end
    std::size_t most = 64;  ///< those that are left to their jobs included
    Duration patience = std::chrono::milliseconds(50);  ///< for a thread to become free
  };

  explicit ReadingPool(const Sizes& sizes);
  ReadingPool() : ReadingPool(Sizes{}) {}
  /// Stops without patience.
  ~ReadingPool();
  ReadingPool(const ReadingPool&) = delete;
  ReadingPool& operator=(const ReadingPool&) = delete;

  /// Makes the first thread. Throws NoThread.
  void start();
  void submit(Job job, Urgency urgency);
  /// To be called now and then while jobs wait: doubles the threads where none became free
  /// for too long.
  void relieve(BootTime now);
  /// Whether jobs wait for a thread.
  bool waiting() const;
  /// Whether they wait though there are as many threads as there may be.
  bool exhausted(BootTime now) const;
  std::size_t threads() const;
  /// Drops jobs that wait, and waits at most `patience` for those that run. False: some run on, in
  /// threads that touch nothing but what their jobs own.
  bool stop(Duration patience);

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);
  int add_thread();

  const std::shared_ptr<Shared> shared_;
};

}  // namespace ebbgate::local
