#include "controller/local/reading_pool.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/mutex.h"
#include "base/thread.h"

namespace ebbgate::local {
namespace {

constexpr int kUrgentInARow = 8;

}  // namespace

struct ReadingPool::Shared {
  explicit Shared(const Sizes& given) : sizes(given) {}

  Job next() EBBGATE_REQUIRES(mutex) {
    const bool urgent = !soon.empty() && (whenever.empty() || in_a_row < kUrgentInARow);
    in_a_row = urgent ? in_a_row + 1 : 0;
    std::deque<Job>& jobs = urgent ? soon : whenever;
    Job job = std::move(jobs.front());
    jobs.pop_front();
    return job;
  }
  std::size_t queued() const EBBGATE_REQUIRES(mutex) { return soon.size() + whenever.size(); }

  const Sizes sizes;
  Mutex mutex;
  Condition work;
  Condition ended;
  std::deque<Job> soon EBBGATE_GUARDED_BY(mutex);
  std::deque<Job> whenever EBBGATE_GUARDED_BY(mutex);
  int in_a_row EBBGATE_GUARDED_BY(mutex) = 0;
  std::size_t threads EBBGATE_GUARDED_BY(mutex) = 0;
  std::size_t idle EBBGATE_GUARDED_BY(mutex) = 0;
  BootTime last_begun EBBGATE_GUARDED_BY(mutex);
  bool stopping EBBGATE_GUARDED_BY(mutex) = false;
};

ReadingPool::ReadingPool(const Sizes& sizes) : shared_(std::make_shared<Shared>(sizes)) {}

ReadingPool::~ReadingPool() {
  stop(Duration{});
}

void ReadingPool::start() {
  if (const int error = add_thread()) throw NoThread("reading files", error);
}

// 0, or why there is none to be had: then jobs wait for those that there are.
int ReadingPool::add_thread() {
  {
    const MutexLock lock(shared_->mutex);
    ++shared_->threads;
  }
  const int error = start_detached("read", [shared = shared_] { run(shared); });
  if (error == 0) return 0;
  const MutexLock lock(shared_->mutex);
  --shared_->threads;
  return error;
}

void ReadingPool::submit(Job job, Urgency urgency) {
  bool add = false;
  {
    const MutexLock lock(shared_->mutex);
    if (shared_->stopping) return;
    (urgency == Urgency::soon ? shared_->soon : shared_->whenever).push_back(std::move(job));
    add = shared_->queued() > shared_->idle && shared_->threads < shared_->sizes.usual;
    shared_->work.notify_one();
  }
  if (add) add_thread();
}

void ReadingPool::relieve(BootTime now) {
  std::size_t more = 0;
  {
    const MutexLock lock(shared_->mutex);
    const bool stuck =
        shared_->queued() > shared_->idle && now - shared_->last_begun >= shared_->sizes.patience;
    if (!stuck || shared_->threads >= shared_->sizes.most) return;
    shared_->last_begun = now;
    more = std::min({shared_->queued() - shared_->idle, shared_->threads,
                     shared_->sizes.most - shared_->threads});
  }
  for (; more > 0; --more) add_thread();
}

bool ReadingPool::waiting() const {
  const MutexLock lock(shared_->mutex);
  return shared_->queued() > 0;
}

bool ReadingPool::exhausted(BootTime now) const {
  const MutexLock lock(shared_->mutex);
  return shared_->queued() > 0 && shared_->threads >= shared_->sizes.most &&
         now - shared_->last_begun >= shared_->sizes.patience;
}

std::size_t ReadingPool::threads() const {
  const MutexLock lock(shared_->mutex);
  return shared_->threads;
}

bool ReadingPool::stop(Duration patience) {
  const BootTime end = BootClock::now() + patience;
  std::deque<Job> dropped;
  std::deque<Job> dropped_too;
  const MutexLock lock(shared_->mutex);
  shared_->stopping = true;
  // What they own ends after the lock does.
  shared_->soon.swap(dropped);
  shared_->whenever.swap(dropped_too);
  shared_->work.notify_all();
  while (shared_->threads > 0) {
    const Duration left = end - BootClock::now();
    if (left <= Duration{}) return false;
    shared_->ended.wait_for(shared_->mutex, left);
  }
  return true;
}

void ReadingPool::run(const std::shared_ptr<Shared>& shared) {
  for (;;) {
    Job job;
    {
      const MutexLock lock(shared->mutex);
      while (!shared->stopping && shared->queued() == 0) {
        if (shared->threads > shared->sizes.usual) break;
        ++shared->idle;
        shared->work.wait(shared->mutex);
        --shared->idle;
      }
      if (shared->stopping || shared->queued() == 0) {
        --shared->threads;
        shared->ended.notify_all();
        return;
      }
      job = shared->next();
      shared->last_begun = BootClock::now();
    }
    job();
  }
}

}  // namespace ebbgate::local
