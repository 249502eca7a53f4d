#include "storage/verdict.h"

#include "storage/database_header.h"
#include "storage/files.h"
#include "storage/schema.h"
#include "storage/wal.h"

namespace ebbgate::storage {

namespace {

Verdict lost(const std::string& label, const std::string& reason) {
  return {Found::lost, reason, label};
}

// By what the file says of itself it is not ours to set aside. Opening it will say so.
bool is_refused(const std::filesystem::path& database, const LockState& lock) {
  const auto header = read_header(database);
  return header && ((header->application_id != kApplicationId && !lock.database_exists) ||
                    header->schema_version > schema_version());
}

std::optional<Verdict> judge_digest(const std::filesystem::path& database, const LockState& lock) {
  if (!lock.digest || !lock.closed_cleanly || digest_of_file(database) == *lock.digest) {
    return std::nullopt;
  }
  return lost("corrupt", "the database " + database.string() +
                             " is not as it was when it was closed: its bytes were changed since");
}

}  // namespace

bool needs_wal(const std::filesystem::path& database, const LockState& lock) {
  const auto header = read_header(database);
  return !lock.closed_cleanly && !(header && header->without_wal);
}

bool is_copy(const std::filesystem::path& database) {
  const auto header = read_header(database);
  return header && header->without_wal && header->application_id == kApplicationId;
}

std::optional<Verdict> judge_files(const std::filesystem::path& database, const LockState& lock) {
  if (is_copy(database)) {
    return std::nullopt;
  }
  const std::string name = database.string();
  if (lock.damaged && !is_refused(database, lock)) {
    return lost("lock", "the lock file " + LockFile::path_of(database).string() +
                            " is damaged, and nothing else tells whether all that was committed "
                            "is still there");
  }
  if (lock.marked_lost) {
    return lost("marked", "the last run could not write the database " + name +
                              " and marked its state as lost");
  }
  const WalReading wal = read_wal(wal_of(database));
  const auto size = size_of_file(database);
  if (!size && (lock.database_exists || wal.exists)) {
    return lost("missing", "the database " + name + " is missing, but there was one");
  }
  if (size == 0 && (lock.database_exists || wal.exists)) {
    return lost("empty", "the database " + name + " is empty");
  }
  if (!size || size == 0) {
    return Verdict{};
  }
  if (is_refused(database, lock)) {
    return std::nullopt;
  }
  if (!needs_wal(database, lock)) {
    return judge_digest(database, lock);
  }
  if (wal.frames == 0 || wal.frames < lock.frames || wal.damaged) {
    // Only where there was no lock file does one not know of the database.
    if (!lock.database_exists) {
      return lost("wal", "there was no lock file " + LockFile::path_of(database).string() +
                             ", so that it is not known whether the database " + name +
                             " was closed cleanly, and its write-ahead log " +
                             wal_of(database).string() + " is missing or damaged");
    }
    return lost("wal", "the database " + name +
                           " was not closed cleanly, and its write-ahead log " +
                           wal_of(database).string() + " is missing or damaged");
  }
  return std::nullopt;
}

std::optional<Verdict> judge_failure(const CannotOpen& failure, const LockState& lock) {
  switch (failure.why()) {
    case CannotOpen::Why::damaged:
      return lost("corrupt", failure.what());
    case CannotOpen::Why::unborn:
      return lock.database_exists ? lost("empty", failure.what()) : Verdict{};
    case CannotOpen::Why::misnamed:
      if (lock.database_exists) {
        return lost("corrupt", failure.what());
      }
      return std::nullopt;
    case CannotOpen::Why::newer:
    case CannotOpen::Why::other:
      return std::nullopt;
  }
  return std::nullopt;
}

Verdict judge_opened(const Database& database) {
  if (database.copied()) {
    return {Found::restored, "the database is a copy, which lacks what came after it was made",
            "restored"};
  }
  if (database.marked()) {
    return lost("marked",
                "the state was lost before, and not all workloads have been seen since then");
  }
  return {Found::good, "", ""};
}

}  // namespace ebbgate::storage
