#include "storage/store_core.h"

#include <algorithm>
#include <exception>
#include <system_error>

#include "storage/files.h"

namespace ebbgate::storage {

StoreThread::Core::Core(OpenedStore opened, const StoreThreadOptions& chosen,
                        StoreObserver* observer)
    : notifier(observer),
      options(chosen),
      lock_file(std::move(opened.lock)),
      size_in_bytes(opened.database->size_in_bytes()),
      files_(std::move(opened.hold), std::move(opened.database)),
      gathered_(chosen.history, opened.loaded.feedback) {}

Sequence StoreThread::Core::submit(Batch batch) {
  Sequence sequence = 0;
  {
    const MutexLock lock(mutex_);
    gathered_.add(std::move(batch));
    sequence = ++submitted_;
    // What else gathers, or is under way, has the thread at work already.
    if (sequence > committed_ + 1) {
      return sequence;
    }
    gathering_since_ = BootClock::now();
  }
  // Outside the lock, so that the store's thread does not wake only to wait for it.
  changed_.notify_all();
  return sequence;
}

LockFile::Mark StoreThread::Core::new_mark() {
  const MutexLock lock(mutex_);
  mark_ends_at_.reset();
  return ++last_mark_;
}

std::future<StoreThread::Core::Rows> StoreThread::Core::history(std::optional<WorkloadKey> key,
                                                                std::size_t limit) {
  const MutexLock lock(mutex_);
  Query query{std::move(key), limit, {}};
  std::future<Rows> future = query.answer.get_future();
  if (stopping_) {
    query.answer.set_value(std::nullopt);
  } else {
    queries_.push_back(std::move(query));
    changed_.notify_all();
  }
  return future;
}

void StoreThread::Core::bound_history(HistoryBounds bounds) {
  const MutexLock lock(mutex_);
  gathered_.set_bounds(bounds);
}

std::uint64_t StoreThread::Core::history_dropped() {
  const MutexLock lock(mutex_);
  return gathered_.dropped();
}

void StoreThread::Core::run() {
  for (bool end = false; !end;) {
    Work work = next_work();
    if (work.commit) {
      commit();
    } else if (work.look) {
      look_at_files();
    }
    for (Query& query : work.queries) {
      query.answer.set_value(database().history(query.key, query.limit));
    }
    end = work.end;
  }
  close_database();
  const MutexLock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

BootTime StoreThread::Core::commit_at() const {
  const bool at_once = committed_ == 0 || stopping_ || waiting_ > 0 || !queries_.empty();
  return at_once ? retry_at_ : std::max(retry_at_, gathering_since_ + options.gather);
}

StoreThread::Core::Work StoreThread::Core::next_work() {
  const MutexLock lock(mutex_);
  Work work;
  while (true) {
    const Duration pause = commit_at() - BootClock::now();
    work.commit = unanswered() && pause <= Duration::zero() && !abandoned_;
    work.queries = std::move(queries_);
    queries_.clear();
    work.end = abandoned_ || (stopping_ && !unanswered());
    const Duration until_look = look_at_ - BootClock::now();
    work.look = until_look <= Duration::zero() && !work.end;
    if (work.look || work.commit) {
      look_at_ = BootClock::now() + options.look_every;
    }
    if (work.commit || work.look || work.end || !work.queries.empty()) {
      return work;
    }
    changed_.wait_for(mutex_, unanswered() ? std::min(pause, until_look) : until_look);
  }
}

void StoreThread::Core::commit() {
  Batch batch;
  Sequence sequence = 0;
  {
    const MutexLock lock(mutex_);
    batch = gathered_.take();
    sequence = submitted_;
    database().bound_history(gathered_.bounds());
  }
  const BootTime began = BootClock::now();
  const std::optional<std::string> error = make_durable(batch, sequence);
  const Duration took = BootClock::now() - began;
  size_in_bytes = database().size_in_bytes();
  notifier.observer([&](StoreObserver& observer) { observer.commit_finished(took, !error); });
  if (error) {
    keep_for_retry(std::move(batch));
    notifier.listener([&](StateStoreListener& listener) { listener.commit_failed(*error); });
    return;
  }
  {
    const MutexLock lock(mutex_);
    committed_ = sequence;
    gathering_since_ = BootClock::now();  // of what came meanwhile
    retry_pause_ = Duration::zero();
  }
  changed_.notify_all();
  notifier.listener([&](StateStoreListener& listener) { listener.committed(sequence); });
  checkpoint_when_due();
}

// So that it is noticed where nothing is committed for long, too.
void StoreThread::Core::look_at_files() {
  const bool failed_before = files_fail_;
  if (const auto error = keep_files()) {
    notifier.listener([&](StateStoreListener& listener) { listener.commit_failed(*error); });
  } else if (failed_before) {
    Sequence sequence = 0;
    {
      const MutexLock lock(mutex_);
      sequence = committed_;
    }
    notifier.listener([&](StateStoreListener& listener) { listener.committed(sequence); });
  }
}

// Nothing once all files have their names: as before, or written anew.
std::optional<std::string> StoreThread::Core::keep_files() {
  const bool lock_missing = !lock_file->in_place();
  const auto missing = files_.missing();
  std::optional<std::string> error;
  if (lock_missing) {
    error = lock_file->put_in_place();
  }
  if (!error && missing) {
    error = write_anew();
  }
  files_fail_ = error.has_value();
  if (!lock_missing && !missing) {
    return std::nullopt;
  }
  const std::string what = (missing ? *missing : LockFile::path_of(database().file())).string() +
                           " was removed or replaced while it is in use";
  if (error) {
    return what + ", and the state cannot be written anew: " + *error;
  }
  notifier.observer([&](StoreObserver& observer) { observer.files_restored(what); });
  return std::nullopt;
}

// Until the new database has its name, the lock file says that the state is lost: whatever has that
// name now must not be taken for it.
std::optional<std::string> StoreThread::Core::write_anew() {
  if (auto error = lock_file->mark_lost(new_mark())) {
    return error;
  }
  HistoryBounds bounds;
  Sequence committed = 0;
  {
    const MutexLock lock(mutex_);
    bounds = gathered_.bounds();
    committed = committed_;
  }
  try {
    files_.write_anew(
        std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now()));
  } catch (const std::exception& error) {
    return error.what();
  }
  database().bound_history(bounds);
  written_ = false;
  return lock_file->apply({.database_exists = true,
                           .closed_cleanly = true,
                           .withdraw_marks = marks_to_withdraw(committed)});
}

// Leaves in `batch` what is not durable.
std::optional<std::string> StoreThread::Core::make_durable(Batch& batch, Sequence sequence) {
  if (auto error = keep_files()) {
    return error;
  }
  if (!batch.empty()) {
    if (auto error = database().write(batch)) {
      return error;
    }
    batch = {};
    written_ = true;
    const MutexLock lock(mutex_);
    gathered_.written();
  }
  if (!written_) {
    // Everything is durable, as the files were written anew or there was nothing.
    return lock_file->apply({.withdraw_marks = marks_to_withdraw(sequence)});
  }
  auto error = lock_file->apply({.closed_cleanly = false,
                                 .frames = static_cast<std::uint32_t>(database().wal_pages()),
                                 .withdraw_marks = marks_to_withdraw(sequence)});
  written_ = error.has_value();
  return error;
}

// What was submitted while this commit was under way may have been acted on because of the mark.
std::optional<LockFile::Mark> StoreThread::Core::marks_to_withdraw(Sequence durable) {
  const MutexLock lock(mutex_);
  if (!mark_ends_at_) {
    mark_ends_at_ = submitted_;
  }
  return durable >= *mark_ends_at_ ? std::optional(last_mark_) : std::nullopt;
}

void StoreThread::Core::keep_for_retry(Batch batch) {
  const MutexLock lock(mutex_);
  gathered_.give_back(std::move(batch));
  ++failures_;
  retry_pause_ = std::clamp(retry_pause_ * 2, options.retry_base, options.retry_max);
  retry_at_ = BootClock::now() + retry_pause_;
  changed_.notify_all();
}

void StoreThread::Core::checkpoint_when_due() {
  if (database().wal_pages() < options.checkpoint_pages) {
    return;
  }
  if (const auto error = checkpoint()) {
    notifier.observer([&](StoreObserver& observer) { observer.checkpoint_failed(*error); });
  }
}

// Afterwards the next commit starts the WAL afresh. A crash in the middle of that must not look
// like a loss, so the lock file says first that nothing in the WAL is needed.
std::optional<std::string> StoreThread::Core::checkpoint() {
  if (auto error = database().checkpoint()) {
    return error;
  }
  return lock_file->apply({.closed_cleanly = true});
}

void StoreThread::Core::close_database() {
  LockFile::Mark mark = 0;
  {
    const MutexLock lock(mutex_);
    mark = last_mark_;
    if (abandoned_) {
      files_.close();
      return;
    }
  }
  std::optional<std::string> error = keep_files();
  if (!error) {
    error = checkpoint();
  }
  if (!error) {
    error = lock_file->apply({.closed_cleanly = true, .withdraw_marks = mark});
  }
  if (error) {
    notifier.observer([&](StoreObserver& observer) { observer.checkpoint_failed(*error); });
  } else {
    database().remove_wal_on_close();
  }
  const std::filesystem::path file = database().file();
  files_.close_database();
  closed_cleanly_ = !error;
  if (closed_cleanly_) {
    note_digest(file);
  }
  files_.close();
}

// So that the next start notices any byte that changes until then. Without it nothing is lost.
void StoreThread::Core::note_digest(const std::filesystem::path& file) {
  try {
    static_cast<void>(lock_file->apply({.closed_cleanly = true, .digest = digest_of_file(file)}));
  } catch (const std::system_error&) {
  }
}

void StoreThread::Core::stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  retry_at_ = {};
  changed_.notify_all();
}

bool StoreThread::Core::wait_committed(Sequence sequence, Duration patience) {
  const MutexLock lock(mutex_);
  const BootTime deadline = BootClock::now() + patience;
  const std::uint64_t failures = failures_;
  ++waiting_;
  changed_.notify_all();
  for (Duration left = patience; committed_ < sequence && left > Duration::zero();
       left = deadline - BootClock::now()) {
    if (failures_ != failures || abandoned_ || ended_) {
      break;
    }
    changed_.wait_for(mutex_, left);
  }
  --waiting_;
  return committed_ >= sequence;
}

bool StoreThread::Core::wait(Duration patience) {
  const MutexLock lock(mutex_);
  const BootTime deadline = BootClock::now() + patience;
  for (Duration left = patience; !ended_ && left > Duration::zero();
       left = deadline - BootClock::now()) {
    changed_.wait_for(mutex_, left);
  }
  return ended_;
}

void StoreThread::Core::abandon() {
  notifier.stop();
  const MutexLock lock(mutex_);
  abandoned_ = true;
  changed_.notify_all();
}

}  // namespace ebbgate::storage
