#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/mutex.h"
#include "storage/files.h"
#include "storage/lock_content.h"

namespace ebbgate::storage {

/// Another process has the database open. The message names the lock file and that process.
class DatabaseInUse : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file that somebody else made has the name of the lock file. The message says so, and what to
/// do.
class ForeignFile : public std::runtime_error {
 public:
  explicit ForeignFile(const std::filesystem::path& file);
};

/// `<database>.lock`: held (flock) as long as this object lives, never removed, of one size for
/// ever, and rewritten in place, so that writing it needs no space on the disk. Any thread; a write
/// may last as long as the disk likes.
class LockFile {
 public:
  /// Makes what was written to a descriptor durable; as ::fdatasync().
  using Sync = std::function<int(int)>;
  /// Counts marks, so that one which comes late is not set after it was withdrawn.
  using Mark = std::uint64_t;

  /// Only what is given changes; `frames` and `digest` go with `closed_cleanly`.
  struct Change {
    std::optional<bool> database_exists = std::nullopt;
    std::optional<bool> closed_cleanly = std::nullopt;
    std::uint32_t frames = 0;
    std::optional<Digest> digest = std::nullopt;
    /// Takes away the marks up to this one, and those that are yet to come too.
    std::optional<Mark> withdraw_marks = std::nullopt;
  };

  static std::filesystem::path path_of(const std::filesystem::path& database);

  /// Takes the lock; creates the file where there is none, with the state_without_lock_file().
  /// Nobody but its owner may read it. Throws DatabaseInUse, ForeignFile and NoRegularFile,
  /// which leave what is there as it is, or std::system_error when the file cannot be made or
  /// written.
  explicit LockFile(const std::filesystem::path& database, Sync sync = nullptr);

  /// As the last process left it, or kDamagedLock.
  const LockState& found() const { return found_; }

  /// As it was last written, or tried to.
  LockState state() EBBGATE_EXCLUDES(mutex_);

  /// Nothing once the file says so durably (no write where it did already), else what went wrong.
  /// Where only `frames` changes it is written, and not synced.
  [[nodiscard]] std::optional<std::string> apply(const Change& change) EBBGATE_EXCLUDES(mutex_);

  /// Whether its name still leads to it. What is written to a lock file that was removed or
  /// replaced fails: nobody would find it.
  bool in_place() EBBGATE_EXCLUDES(mutex_);
  /// Where it is not in place: takes the lock file that is there now, or makes one, and writes the
  /// state to it. Nothing once the file says so durably, else what went wrong: another process may
  /// hold it.
  [[nodiscard]] std::optional<std::string> put_in_place() EBBGATE_EXCLUDES(mutex_);

  /// The same as apply() for the mark; an error too when this mark was withdrawn already.
  [[nodiscard]] std::optional<std::string> mark_lost(Mark mark) EBBGATE_EXCLUDES(mutex_);

 private:
  std::optional<std::string> write(const LockState& state, bool durably = true)
      EBBGATE_REQUIRES(mutex_);

  bool has_its_name() const EBBGATE_REQUIRES(mutex_);
  std::optional<std::string> take_the_name() EBBGATE_REQUIRES(mutex_);

  const std::filesystem::path path_;
  const Sync sync_;
  Descriptor file_;  // changes under mutex_ once this is made
  LockState found_;
  Mutex mutex_;
  LockState state_ EBBGATE_GUARDED_BY(mutex_);
  /// A write failed: what the file holds is not known.
  bool uncertain_ EBBGATE_GUARDED_BY(mutex_) = false;
  Mark marked_by_ EBBGATE_GUARDED_BY(mutex_) = 0;
  Mark withdrawn_ EBBGATE_GUARDED_BY(mutex_) = 0;
};

/// What holds of a database that has no lock file: it was not closed cleanly, where there is one
/// (or its WAL).
LockState state_without_lock_file(const std::filesystem::path& database);

/// Throws ForeignFile where a file that is not ours has this name, which is that of a lock file or
/// of its draft, NoRegularFile where something else has it.
void refuse_foreign(const std::filesystem::path& lock_file);

/// Whether there is one of ours, be it damaged behind its first line.
bool has_lock_file(const std::filesystem::path& database);

/// A lock file as somebody else sees it.
struct LockReading {
  LockState state;
  std::optional<int> holder;  ///< the process that holds it; 0 when it cannot be told which
};

/// Reads the lock file without keeping or changing it. Nothing when there is none.
std::optional<LockReading> read_lock_file(const std::filesystem::path& database);

}  // namespace ebbgate::storage
