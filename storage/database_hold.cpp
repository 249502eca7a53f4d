#include "storage/database_hold.h"

#include <fcntl.h>

#include <cerrno>
#include <string>

#include "storage/files.h"
#include "storage/lock_file.h"

namespace ebbgate::storage {

namespace {

// As published in "Database File Format" (sqlite.org/fileformat.html): the lock-byte page.
constexpr off_t kFirstOfSqlite = 0x40000000;
constexpr off_t kSizeOfSqlite = 512;
constexpr off_t kOurs = kFirstOfSqlite + kSizeOfSqlite;

struct flock write_lock(off_t start, off_t length) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = length;
  return lock;
}

// Locks of SQLite belong to a process, ours to none.
std::optional<int> holder_of(const Descriptor& file, struct flock lock) {
  if (::fcntl(file.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) {
    return std::nullopt;
  }
  return lock.l_pid > 0 ? lock.l_pid : 0;
}

}  // namespace

DatabaseHold::DatabaseHold(const std::filesystem::path& database)
    : file_(open_regular(database, O_RDWR)) {
  struct flock lock = write_lock(kOurs, 1);
  // A file system without such locks has the lock file alone.
  if (!file_ || ::fcntl(file_.get(), F_OFD_SETLK, &lock) == 0 ||
      (errno != EAGAIN && errno != EACCES)) {
    return;
  }
  const int holder = holder_of(database).value_or(0);
  throw DatabaseInUse("the database " + database.string() + " is in use by process " +
                      (holder != 0 ? std::to_string(holder) : "(unknown)") +
                      ", though its lock file " + LockFile::path_of(database).string() +
                      " was removed; end that process, or give this one a database of its own");
}

std::optional<int> holder_of(const std::filesystem::path& database) {
  const Descriptor file = open_regular(database, O_RDONLY);
  if (!file) {
    return std::nullopt;
  }
  if (const auto holder = holder_of(file, write_lock(kFirstOfSqlite, kSizeOfSqlite))) {
    return holder;
  }
  return holder_of(file, write_lock(kOurs, 1));
}

}  // namespace ebbgate::storage
