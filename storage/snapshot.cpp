#include "storage/snapshot.h"

#include <string>
#include <system_error>

#include "storage/database_hold.h"
#include "storage/files.h"
#include "storage/misnamed.h"
#include "storage/unusable.h"
#include "storage/verdict.h"
#include "storage/wal.h"

namespace ebbgate::storage {

namespace fs = std::filesystem;

namespace {

void copy_if_there(const fs::path& from, const fs::path& to) {
  create_private(to);
  if (!copy_content(from, to)) {
    std::error_code ignored;
    fs::remove(to, ignored);
  }
}

// What a copy of the database file and a later copy of its WAL fit together by. While the WAL is
// the same one, checkpoints only write what is in it: whatever of them the copy of the file has,
// the copy of the WAL puts right. Where no WAL is needed, the file does not change.
struct Moment {
  LockState lock;
  std::string wal_header;

  bool operator==(const Moment&) const = default;
};

// Of a WAL that goes at this moment: empty too.
std::string header_of(const fs::path& wal) {
  if (size_of_file(wal).value_or(0) == 0) {
    return "";
  }
  try {
    return first_bytes_of(wal, kWalHeaderSize);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) {
      return "";
    }
    throw;
  }
}

Moment moment_of(const fs::path& database, const std::optional<LockReading>& lock) {
  Moment moment{lock ? lock->state : state_without_lock_file(database),
                header_of(wal_of(database))};
  moment.lock.frames = 0;  // each commit changes it
  return moment;
}

}  // namespace

Snapshot take_snapshot(const fs::path& database, const fs::path& copy) {
  refuse_misnamed(database);
  refuse_unusable(database);
  Snapshot snapshot;
  const auto lock = read_lock_file(database);
  const Moment before = moment_of(database, lock);
  snapshot.lock = lock ? lock->state : before.lock;
  if (lock && lock->holder) {
    snapshot.in_use = true;
    snapshot.holder = *lock->holder != 0 ? lock->holder : std::nullopt;
  }
  // Its lock file may have been removed while it runs.
  if (const auto holder = holder_of(database); holder && !snapshot.in_use) {
    snapshot.in_use = true;
    snapshot.holder = *holder != 0 ? holder : std::nullopt;
  }
  copy_if_there(database, copy);
  if (needs_wal(copy, snapshot.lock)) {
    copy_if_there(wal_of(database), wal_of(copy));
  }
  // A crash while the database was made leaves a rollback journal, which belongs to it.
  copy_if_there(with_ending(database, "-journal"), with_ending(copy, "-journal"));
  snapshot.consistent = moment_of(database, read_lock_file(database)) == before;
  return snapshot;
}

}  // namespace ebbgate::storage
