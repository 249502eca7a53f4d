#include "storage/verdict.h"

#include "storage/files.h"
#include "storage/wal.h"

namespace ebbgate::storage {

namespace {

Verdict lost(const std::string& label, const std::string& reason) {
  return {Found::lost, reason, label};
}

}  // namespace

std::optional<Verdict> judge_files(const std::filesystem::path& database, const LockState& lock) {
  const std::string name = database.string();
  if (lock.marked_lost) {
    return lost("marked", "the last run could not write the database " + name +
                              " and marked its state as lost");
  }
  const bool wal_good = wal_holds_a_transaction(wal_of(database));
  const auto size = size_of_file(database);
  if (!size && (lock.database_exists || wal_good)) {
    return lost("missing", "the database " + name + " is missing, but there was one");
  }
  if (size == 0 && (lock.database_exists || wal_good)) {
    return lost("empty", "the database " + name + " is empty");
  }
  if (!size || size == 0) {
    return Verdict{};
  }
  if (!lock.closed_cleanly && !wal_good) {
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
    case CannotOpen::Why::foreign:
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
  if (database.marked()) {
    return lost("marked",
                "the state was lost before, and not all workloads have been seen since then");
  }
  return {Found::good, "", ""};
}

}  // namespace ebbgate::storage
