#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define EBBGATE_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define EBBGATE_THREAD_ANNOTATION(x)
#endif

#define EBBGATE_GUARDED_BY(x) EBBGATE_THREAD_ANNOTATION(guarded_by(x))
#define EBBGATE_REQUIRES(...) EBBGATE_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define EBBGATE_EXCLUDES(...) EBBGATE_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace ebbgate {

/// std::mutex with the annotations that clang's -Wthread-safety checks.
class EBBGATE_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() EBBGATE_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() EBBGATE_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for a scope.
class EBBGATE_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) EBBGATE_THREAD_ANNOTATION(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() EBBGATE_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits with the Mutex held, as std::condition_variable does. Waiting wakes spuriously: loop.
class Condition {
 public:
  void wait(Mutex& mutex) EBBGATE_REQUIRES(mutex) { condition_.wait(mutex); }
  template <class Duration>
  void wait_for(Mutex& mutex, Duration duration) EBBGATE_REQUIRES(mutex) {
    condition_.wait_for(mutex, duration);
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace ebbgate
