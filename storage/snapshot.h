#pragma once

#include <filesystem>
#include <optional>

#include "storage/lock_file.h"

namespace ebbgate::storage {

/// Database and WAL, copied while another process may be writing them.
struct Snapshot {
  /// Of the lock file, or the state_without_lock_file().
  LockState lock;
  bool in_use = false;
  std::optional<int> holder;  ///< the process that has it open, where that can be told
  /// Nothing moved meanwhile that keeps the copies from fitting together; otherwise try again.
  bool consistent = false;
};

/// Copies to `copy` and to the names that SQLite uses beside it, with mode 0600; a WAL that the
/// database does not need is left out. The originals are only read. Throws an exception with a
/// message for people when they cannot be, or the database is misnamed (CannotOpen).
Snapshot take_snapshot(const std::filesystem::path& database, const std::filesystem::path& copy);

}  // namespace ebbgate::storage
