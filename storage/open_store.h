#pragma once

#include <memory>

#include "base/clock.h"
#include "storage/database.h"
#include "storage/database_hold.h"
#include "storage/lock_file.h"
#include "storage/records.h"

namespace ebbgate::storage {

struct StoreOptions {
  DatabaseOptions database;
  WallTime now;              ///< for the names of files that are set aside
  LockFile::Sync lock_sync;  ///< empty: ::fdatasync
};

/// State that was found or made, and locked against other processes.
struct OpenedStore {
  std::unique_ptr<LockFile> lock;
  std::unique_ptr<DatabaseHold> hold;  ///< outlives `database`
  std::unique_ptr<Database> database;
  Loaded loaded;
};

/// Opens the state at start; afterwards there is a good database, whatever was found. Lost state is
/// set aside, never deleted. Lasts as long as the disk likes.
///
/// Throws, with a message for people: DatabaseInUse, CannotOpen (a newer schema, permissions; what
/// is misnamed, as refuse_misnamed() says), std::system_error.
OpenedStore open_store(const StoreOptions& options);

}  // namespace ebbgate::storage
