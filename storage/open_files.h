#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "storage/database.h"
#include "storage/database_hold.h"
#include "storage/files.h"
#include "storage/lock_file.h"

namespace ebbgate::storage {

/// An open database, and whether its files still have their names. Somebody may remove or replace
/// them while they are in use: what is then committed goes to files that no start will find. One
/// thread at a time.
class OpenFiles {
 public:
  OpenFiles(std::unique_ptr<DatabaseHold> hold, std::unique_ptr<Database> database);

  Database& database() { return *database_; }

  /// The database or its WAL whose name does not lead to it any more; nothing: both do.
  std::optional<std::filesystem::path> missing() const;

  /// Writes the whole state to a new database, sets aside what has the old one's names now, and
  /// goes on with the new one. The lock file must be this process' own, in place, and marked as
  /// lost: whatever ends this early is then noticed. Throws an exception with a message for people,
  /// and then goes on with the files as they were.
  void write_anew(WallTime now);

  /// Closes the database, and keeps others off it still.
  void close_database() { database_.reset(); }
  void close();

 private:
  void remember_names();

  // The hold must outlive the database.
  std::unique_ptr<DatabaseHold> hold_;
  std::unique_ptr<Database> database_;
  std::optional<FileIdentity> database_file_;
  std::optional<FileIdentity> wal_;
};

}  // namespace ebbgate::storage
