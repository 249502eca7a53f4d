#include "storage/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <thread>

namespace ebbgate::storage {

namespace fs = std::filesystem;

namespace {

constexpr LockState kCarefulReading{.database_exists = true, .closed_cleanly = false};

struct Content {
  int pid = 0;
  LockState state;
};

// Every field has a fixed width: a write torn by a loss of power still reads as old or new.
std::string render(const Content& content) {
  const auto word = [](bool value) { return value ? "yes" : "no "; };
  std::array<char, 256> text{};
  const int length =
      std::snprintf(text.data(), text.size(),
                    "Ebbgate's lock file: neither edit nor remove it.\n"
                    "pid: %-10d\ndatabase exists: %s\nclosed cleanly: %s\nmarked as lost: %s\n",
                    content.pid, word(content.state.database_exists),
                    word(content.state.closed_cleanly), word(content.state.marked_lost));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<Content> parse(std::string_view text) {
  Content content;
  const std::size_t pid = text.find("pid: ");
  if (pid == std::string_view::npos ||
      std::sscanf(std::string(text.substr(pid)).c_str(), "pid: %d", &content.pid) != 1) {
    return std::nullopt;
  }
  for (unsigned flags = 0; flags < 8; ++flags) {
    content.state = {(flags & 1U) != 0, (flags & 2U) != 0, (flags & 4U) != 0};
    if (render(content) == text) {
      return content;
    }
  }
  return std::nullopt;
}

std::optional<Content> read(const Descriptor& file) {
  std::array<char, 512> buffer{};
  const ssize_t length = ::pread(file.get(), buffer.data(), buffer.size(), 0);
  return length < 0 ? std::nullopt : parse({buffer.data(), static_cast<std::size_t>(length)});
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
void create(const fs::path& path) {
  const fs::path draft = with_ending(path, ".new");
  {
    const Descriptor file(::open(draft.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file || !write_all(file.get(), render({})) || ::fsync(file.get()) != 0) {
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

Descriptor open_or_create(const fs::path& path) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (file) {
      return file;
    }
    if (errno != ENOENT) {
      throw_errno("cannot open the lock file " + path.string());
    }
    create(path);
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

fs::path LockFile::path_of(const fs::path& database) {
  return with_ending(database, ".lock");
}

LockFile::LockFile(const fs::path& database, Sync sync)
    : path_(path_of(database)),
      sync_(sync ? std::move(sync) : Sync(&::fdatasync)),
      file_(open_or_create(path_)) {
  if (!take(file_)) {
    const std::optional<Content> holder = read(file_);
    throw DatabaseInUse("the database " + database.string() + " is in use by process " +
                        (holder && holder->pid != 0 ? std::to_string(holder->pid) : "(unknown)") +
                        ", which holds " + path_.string() +
                        "; end that process, or give this one a database of its own");
  }
  const std::optional<Content> content = read(file_);
  found_ = content ? content->state : kCarefulReading;
  const MutexLock lock(mutex_);
  state_ = found_;
  if (const auto error = write(found_)) {
    throw std::runtime_error(*error);
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
  wanted.closed_cleanly = change.closed_cleanly.value_or(wanted.closed_cleanly);
  if (change.withdraw_marks) {
    withdrawn_ = std::max(withdrawn_, *change.withdraw_marks);
    wanted.marked_lost = wanted.marked_lost && marked_by_ > withdrawn_;
  }
  return wanted == state_ && !uncertain_ ? std::nullopt : write(wanted);
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

std::optional<std::string> LockFile::write(const LockState& state) {
  state_ = state;
  uncertain_ = true;
  if (!write_all(file_.get(), render({::getpid(), state}))) {
    return describe_errno("cannot write the lock file " + path_.string());
  }
  if (sync_(file_.get()) != 0) {
    return describe_errno("cannot sync the lock file " + path_.string());
  }
  uncertain_ = false;
  return std::nullopt;
}

std::optional<LockReading> read_lock_file(const fs::path& database) {
  const fs::path path = LockFile::path_of(database);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) {
      return std::nullopt;
    }
    throw_errno("cannot open the lock file " + path.string());
  }
  const std::optional<Content> content = read(file);
  LockReading reading;
  reading.state = content ? content->state : kCarefulReading;
  if (::flock(file.get(), LOCK_SH | LOCK_NB) != 0) {
    reading.holder = content ? content->pid : 0;
  }
  return reading;
}

}  // namespace ebbgate::storage
