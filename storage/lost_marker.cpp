#include "storage/lost_marker.h"

#include <chrono>
#include <utility>

#include "base/mutex.h"
#include "base/thread.h"

namespace ebbgate::storage {

struct LostMarker::Shared {
  Shared(std::shared_ptr<LockFile> lock, Duration longest, Answer told)
      : lock_file(std::move(lock)), limit(longest), answer(std::move(told)) {}

  void write_marks() {
    while (const LockFile::Mark mark = next_to_write()) {
      const bool durable = !lock_file->mark_lost(mark);
      const MutexLock lock(mutex);
      writing = false;
      written = mark;
      written_well = durable;
      changed.notify_all();
    }
  }

  // 0: there will be none.
  LockFile::Mark next_to_write() {
    const MutexLock lock(mutex);
    while (!stopping && requested == written) {
      changed.wait(mutex);
    }
    writing = !stopping;
    return stopping ? 0 : requested;
  }

  void answer_requests() {
    while (const std::optional<bool> durable = next_answer()) {
      answer(*durable);
    }
  }

  std::optional<bool> next_answer() {
    const MutexLock lock(mutex);
    while (!stopping && requested == answered) {
      changed.wait(mutex);
    }
    const LockFile::Mark mark = requested;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!stopping && written < mark && std::chrono::steady_clock::now() < deadline) {
      changed.wait_for(mutex, deadline - std::chrono::steady_clock::now());
    }
    if (stopping) {
      return std::nullopt;
    }
    answered = mark;
    return written >= mark && written_well;
  }

  const std::shared_ptr<LockFile> lock_file;
  const Duration limit;
  const Answer answer;
  Thread writer;
  Thread answerer;
  Mutex mutex;
  Condition changed;
  LockFile::Mark requested EBBGATE_GUARDED_BY(mutex) = 0;
  LockFile::Mark written EBBGATE_GUARDED_BY(mutex) = 0;
  LockFile::Mark answered EBBGATE_GUARDED_BY(mutex) = 0;
  bool written_well EBBGATE_GUARDED_BY(mutex) = false;
  bool writing EBBGATE_GUARDED_BY(mutex) = false;
  bool stopping EBBGATE_GUARDED_BY(mutex) = false;
};

LostMarker::LostMarker(std::shared_ptr<LockFile> lock, Duration limit, Answer answer)
    : shared_(std::make_shared<Shared>(std::move(lock), limit, std::move(answer))) {
  constexpr const char* kWhatFor = "the lock file beside the database";
  try {
    shared_->writer.demand("mark", kWhatFor, [shared = shared_] { shared->write_marks(); });
    shared_->answerer.demand("mark", kWhatFor, [shared = shared_] { shared->answer_requests(); });
  } catch (const NoThread&) {
    end();
    throw;
  }
}

LostMarker::~LostMarker() {
  end();
}

void LostMarker::end() {
  bool hangs = false;
  {
    const MutexLock lock(shared_->mutex);
    shared_->stopping = true;
    hangs = shared_->writing;
    shared_->changed.notify_all();
  }
  shared_->answerer.join();
  if (hangs) {
    shared_->writer.detach();
  } else {
    shared_->writer.join();
  }
}

void LostMarker::request(LockFile::Mark mark) {
  const MutexLock lock(shared_->mutex);
  shared_->requested = mark;
  shared_->changed.notify_all();
}

}  // namespace ebbgate::storage
