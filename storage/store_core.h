#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "storage/gathered.h"
#include "storage/open_files.h"
#include "storage/store_thread.h"

namespace ebbgate::storage {

/// Calls listener and observer until it is told to stop; then no call is under way any more.
class Notifier {
 public:
  explicit Notifier(StoreObserver* observer) : observer_(observer) {}

  void listen(StateStoreListener& listener) EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    listener_ = &listener;
  }
  void stop() EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    listener_ = nullptr;
    observer_ = nullptr;
  }
  template <class Call>
  void listener(const Call& call) EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (listener_ != nullptr) {
      call(*listener_);
    }
  }
  template <class Call>
  void observer(const Call& call) EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (observer_ != nullptr) {
      call(*observer_);
    }
  }

 private:
  Mutex mutex_;
  StateStoreListener* listener_ EBBGATE_GUARDED_BY(mutex_) = nullptr;
  StoreObserver* observer_ EBBGATE_GUARDED_BY(mutex_);
};

/// What the store's thread works on. It is shared with that thread, so that one which hangs in the
/// disk can be left behind.
class StoreThread::Core {
 public:
  using Rows = std::optional<std::vector<HistoryRow>>;

  Core(OpenedStore opened, const StoreThreadOptions& options, StoreObserver* observer);

  Sequence submit(Batch batch) EBBGATE_EXCLUDES(mutex_);
  /// The number of a new mark: commits from now on decide whether it may go.
  LockFile::Mark new_mark() EBBGATE_EXCLUDES(mutex_);
  bool wait_committed(Sequence sequence, Duration patience) EBBGATE_EXCLUDES(mutex_);
  std::future<Rows> history(std::optional<WorkloadKey> key, std::size_t limit)
      EBBGATE_EXCLUDES(mutex_);
  void bound_history(HistoryBounds bounds) EBBGATE_EXCLUDES(mutex_);
  std::uint64_t history_dropped() EBBGATE_EXCLUDES(mutex_);

  /// The thread: works until stop() and everything is committed, or until abandon().
  void run() EBBGATE_EXCLUDES(mutex_);
  void stop() EBBGATE_EXCLUDES(mutex_);
  /// Whether run() has returned within `patience`.
  bool wait(Duration patience) EBBGATE_EXCLUDES(mutex_);
  /// run() ends as soon as the disk lets it; nobody is called any more.
  void abandon() EBBGATE_EXCLUDES(mutex_);
  /// After run(): whether everything is on disk and the lock file says so.
  bool closed_cleanly() const { return closed_cleanly_; }

  Notifier notifier;
  const StoreThreadOptions options;
  std::shared_ptr<LockFile> lock_file;
  std::atomic<std::uint64_t> size_in_bytes{0};

 private:
  struct Query {
    std::optional<WorkloadKey> key;
    std::size_t limit;
    std::promise<Rows> answer;
  };
  struct Work {
    bool commit = false;
    bool look = false;
    std::vector<Query> queries;
    bool end = false;
  };

  Work next_work() EBBGATE_EXCLUDES(mutex_);
  void commit() EBBGATE_EXCLUDES(mutex_);
  std::optional<std::string> make_durable(Batch& batch, Sequence sequence) EBBGATE_EXCLUDES(mutex_);
  std::optional<LockFile::Mark> marks_to_withdraw(Sequence durable) EBBGATE_EXCLUDES(mutex_);
  void keep_for_retry(Batch batch) EBBGATE_EXCLUDES(mutex_);
  bool unanswered() const EBBGATE_REQUIRES(mutex_) { return committed_ < submitted_; }
  BootTime commit_at() const EBBGATE_REQUIRES(mutex_);
  void checkpoint_when_due();
  std::optional<std::string> checkpoint();
  void look_at_files() EBBGATE_EXCLUDES(mutex_);
  std::optional<std::string> keep_files() EBBGATE_EXCLUDES(mutex_);
  std::optional<std::string> write_anew() EBBGATE_EXCLUDES(mutex_);
  void close_database() EBBGATE_EXCLUDES(mutex_);
  void note_digest(const std::filesystem::path& file);

  // Of the store's thread alone.
  Database& database() { return files_.database(); }
  OpenFiles files_;
  bool files_fail_ = false;  ///< keep_files() does
  bool written_ = false;     ///< what the lock file was not told yet
  bool closed_cleanly_ = false;

  Mutex mutex_;
  Condition changed_;
  Gathered gathered_ EBBGATE_GUARDED_BY(mutex_);
  Sequence submitted_ EBBGATE_GUARDED_BY(mutex_) = 0;
  BootTime gathering_since_ EBBGATE_GUARDED_BY(mutex_);  ///< while something is unanswered
  Sequence committed_ EBBGATE_GUARDED_BY(mutex_) = 0;
  std::uint64_t failures_ EBBGATE_GUARDED_BY(mutex_) = 0;  ///< of commits, since the beginning
  std::vector<Query> queries_ EBBGATE_GUARDED_BY(mutex_);
  int waiting_ EBBGATE_GUARDED_BY(mutex_) = 0;  ///< for a commit
  LockFile::Mark last_mark_ EBBGATE_GUARDED_BY(mutex_) = 0;
  /// What must be durable before the mark may go; nothing: no commit succeeded since it was set.
  std::optional<Sequence> mark_ends_at_ EBBGATE_GUARDED_BY(mutex_);
  BootTime look_at_ EBBGATE_GUARDED_BY(mutex_);
  Duration retry_pause_ EBBGATE_GUARDED_BY(mutex_){0};
  BootTime retry_at_ EBBGATE_GUARDED_BY(mutex_);
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool abandoned_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool ended_ EBBGATE_GUARDED_BY(mutex_) = false;
};

}  // namespace ebbgate::storage
