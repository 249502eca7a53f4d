#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "storage/database.h"
#include "storage/lock_file.h"
#include "storage/records.h"

/// The rules by which state counts as fresh, good, restored or lost; for starting and for `check`
/// alike.
namespace ebbgate::storage {

struct Verdict {
  Found found = Found::fresh;
  std::string reason;  ///< of a loss or a restored copy, for people
  /// The same as one word: missing, empty, corrupt, wal, lock, marked, restored.
  std::string label;
};

/// What the files tell without being opened; nothing when the database must be opened to tell.
std::optional<Verdict> judge_files(const std::filesystem::path& database, const LockState& lock);

/// Whether the file is a copy of a database of ours, which nobody opened since it was made. It
/// holds what it holds, whatever the lock file beside it says of the database that was there
/// before.
bool is_copy(const std::filesystem::path& database);

/// Whether a WAL beside the database belongs to its state. One that does not must be out of
/// SQLite's sight before the database is opened: SQLite would put its older pages over newer ones.
bool needs_wal(const std::filesystem::path& database, const LockState& lock);

/// What it means that the database could not be opened; nothing when that says nothing of the state
/// (a newer schema, missing permissions): then it must be left alone.
std::optional<Verdict> judge_failure(const CannotOpen& failure, const LockState& lock);

/// What an opened database tells.
Verdict judge_opened(const Database& database);

}  // namespace ebbgate::storage
