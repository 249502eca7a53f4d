#include "storage/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>
#include <thread>

#include "storage/wal.h"

namespace ebbgate::storage {

namespace fs = std::filesystem;

namespace {

// Throws NoRegularFile for a link, ForeignFile for what is not ours.
Descriptor open_ours(const fs::path& path, int flags) {
  Descriptor file = open_regular(path, flags | O_NOFOLLOW);
  if (file) {
    std::array<char, kMostOfLock + 1> buffer{};
    const ssize_t length = ::pread(file.get(), buffer.data(), buffer.size(), 0);
    if (length < 0) {
      throw_errno("cannot read the lock file " + path.string());
    }
    if (!may_be_lock({buffer.data(), static_cast<std::size_t>(length)})) {
      throw ForeignFile(path);
    }
  }
  return file;
}

std::optional<LockContent> read(const Descriptor& file) {
  std::array<char, 512> buffer{};
  const ssize_t length = ::pread(file.get(), buffer.data(), buffer.size(), 0);
  return length < 0 ? std::nullopt : parse_lock({buffer.data(), static_cast<std::size_t>(length)});
}

bool write_all(int file, std::string_view text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written =
        ::pwrite(file, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (written < 0 && errno != EINTR) {
      return false;
    }
    done += written > 0 ? static_cast<std::size_t>(written) : 0;
  }
  return true;
}

// The file appears under its name only when it is whole, so that one which is not was damaged.
void create(const fs::path& path, const LockState& state) {
  const fs::path draft = with_ending(path, ".new");
  {
    Descriptor file = open_ours(draft, O_RDWR);
    if (!file && errno == ENOENT) {
      create_private(draft);
      file = open_ours(draft, O_RDWR);
    }
    const std::string text = render({0, state});
    if (!file || !write_all(file.get(), text) ||
        ::ftruncate(file.get(), static_cast<off_t>(text.size())) != 0 || ::fsync(file.get()) != 0) {
      throw_errno("cannot create " + draft.string());
    }
  }
  // Another process that does the same at this moment writes the same bytes: either may win.
  if (::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST && errno != ENOENT) {
    if (errno != EPERM && errno != EOPNOTSUPP) {
      throw_errno("cannot create " + path.string());
    }
    rename_to_new_name(draft, path);
  }
  ::unlink(draft.c_str());
  sync_directory_of(path);
}

Descriptor open_or_create(const fs::path& path, const std::function<LockState()>& first_state) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    Descriptor file = open_ours(path, O_RDWR);
    if (file) {
      return file;
    }
    if (errno != ENOENT) {
      throw_errno("cannot open the lock file " + path.string());
    }
    create(path, first_state());
  }
  throw_errno("cannot create the lock file " + path.string());
}

// `check` holds the lock for an instant to see whether anybody has it: one refusal proves nothing.
bool take(const Descriptor& file) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

std::string describe_errno(const std::string& what) {
  return what + ": " + std::generic_category().message(errno);
}

}  // namespace

ForeignFile::ForeignFile(const fs::path& file)
    : std::runtime_error(file.string() +
                         " has the name of Ebbgate's lock file and is none, so it is left as it "
                         "is: name another file in `database`, or remove it") {}

fs::path LockFile::path_of(const fs::path& database) {
  return with_ending(database, ".lock");
}

LockFile::LockFile(const fs::path& database, Sync sync)
    : path_(path_of(database)),
      sync_(sync ? std::move(sync) : Sync(&::fdatasync)),
      file_(open_or_create(path_, [&] { return state_without_lock_file(database); })) {
  if (!take(file_)) {
    const std::optional<LockContent> holder = read(file_);
    throw DatabaseInUse("the database " + database.string() + " is in use by process " +
                        (holder && holder->pid != 0 ? std::to_string(holder->pid) : "(unknown)") +
                        ", which holds " + path_.string() +
                        "; end that process, or give this one a database of its own");
  }
  make_private(file_);
  const std::optional<LockContent> content = read(file_);
  found_ = content ? content->state : kDamagedLock;
  const MutexLock lock(mutex_);
  state_ = found_;
  if (const auto error = write(found_)) {
    throw std::runtime_error(*error);
  }
  state_.damaged = false;
  // What is longer than a lock file of ours would never be understood.
  if (!content && ::ftruncate(file_.get(), static_cast<off_t>(render({}).size())) != 0) {
    throw_errno("cannot write the lock file " + path_.string());
  }
}

LockState LockFile::state() {
  const MutexLock lock(mutex_);
  return state_;
}

std::optional<std::string> LockFile::apply(const Change& change) {
  const MutexLock lock(mutex_);
  LockState wanted = state_;
  wanted.database_exists = change.database_exists.value_or(wanted.database_exists);
  if (change.closed_cleanly) {
    wanted.closed_cleanly = *change.closed_cleanly;
    wanted.frames = wanted.closed_cleanly ? 0 : change.frames;
    wanted.digest = wanted.closed_cleanly ? change.digest : std::nullopt;
  }
  if (change.withdraw_marks) {
    withdrawn_ = std::max(withdrawn_, *change.withdraw_marks);
    wanted.marked_lost = wanted.marked_lost && marked_by_ > withdrawn_;
  }
  if (wanted == state_ && !uncertain_) {
    return std::nullopt;
  }
  LockState but_for_frames = state_;
  but_for_frames.frames = wanted.frames;
  return write(wanted, uncertain_ || wanted != but_for_frames);
}

std::optional<std::string> LockFile::mark_lost(Mark mark) {
  const MutexLock lock(mutex_);
  if (mark <= withdrawn_) {
    return "the mark is not needed any more";
  }
  marked_by_ = mark;
  LockState wanted = state_;
  wanted.marked_lost = true;
  return wanted == state_ && !uncertain_ ? std::nullopt : write(wanted);
}

bool LockFile::in_place() {
  const MutexLock lock(mutex_);
  return has_its_name();
}

bool LockFile::has_its_name() const {
  const auto named = identity_of(path_);
  return named && named == identity_of(file_);
}

std::optional<std::string> LockFile::put_in_place() {
  const MutexLock lock(mutex_);
  if (has_its_name()) {
    return std::nullopt;
  }
  try {
    if (auto error = take_the_name()) {
      return error;
    }
  } catch (const std::exception& error) {
    return error.what();
  }
  return write(state_);
}

std::optional<std::string> LockFile::take_the_name() {
  Descriptor file = open_or_create(path_, [this]() EBBGATE_REQUIRES(mutex_) { return state_; });
  if (!take(file)) {
    return "the lock file " + path_.string() +
           " was removed or replaced while it is in use, and another process holds what has its "
           "name now: end that process";
  }
  make_private(file);
  if (::ftruncate(file.get(), static_cast<off_t>(render({}).size())) != 0) {
    return describe_errno("cannot write the lock file " + path_.string());
  }
  file_ = std::move(file);
  return std::nullopt;
}

std::optional<std::string> LockFile::write(const LockState& state, bool durably) {
  state_ = state;
  uncertain_ = true;
  if (!has_its_name()) {
    return "the lock file " + path_.string() + " was removed or replaced while it is in use";
  }
  if (!write_all(file_.get(), render({::getpid(), state}))) {
    return describe_errno("cannot write the lock file " + path_.string());
  }
  if (durably && sync_(file_.get()) != 0) {
    return describe_errno("cannot sync the lock file " + path_.string());
  }
  uncertain_ = false;
  return std::nullopt;
}

LockState state_without_lock_file(const fs::path& database) {
  const bool anything =
      size_of_file(database).value_or(0) > 0 || size_of_file(wal_of(database)).value_or(0) > 0;
  return {.database_exists = false, .closed_cleanly = !anything};
}

void refuse_foreign(const fs::path& lock_file) {
  // What cannot be opened is told of where it is needed.
  static_cast<void>(open_ours(lock_file, O_RDONLY));
}

bool has_lock_file(const fs::path& database) {
  const fs::path path = LockFile::path_of(database);
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) &&
         begins_as_lock(first_bytes_of(path, kBeginningOfLock));
}

std::optional<LockReading> read_lock_file(const fs::path& database) {
  const fs::path path = LockFile::path_of(database);
  const Descriptor file = open_ours(path, O_RDONLY);
  if (!file) {
    if (errno == ENOENT) {
      return std::nullopt;
    }
    throw_errno("cannot open the lock file " + path.string());
  }
  const std::optional<LockContent> content = read(file);
  LockReading reading;
  reading.state = content ? content->state : kDamagedLock;
  if (::flock(file.get(), LOCK_SH | LOCK_NB) != 0) {
    reading.holder = content ? content->pid : 0;
  }
  return reading;
}

}  // namespace ebbgate::storage
