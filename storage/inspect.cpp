#include "storage/inspect.h"

#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <tuple>
#include <utility>

#include "storage/files.h"
#include "storage/lock_file.h"
#include "storage/verdict.h"
#include "storage/wal.h"

namespace ebbgate::storage {

namespace fs = std::filesystem;

namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "ebbgate-check-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw_errno("cannot create the temporary folder " + name);
    }
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void copy_if_there(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error == std::errc::no_such_file_or_directory) {
    fs::remove(to);
  } else if (error) {
    throw fs::filesystem_error("cannot copy", from, to, error);
  }
}

// The database file only changes in checkpoints; between two of them a copy of it fits any later
// copy of the WAL.
auto version_of(const fs::path& database) {
  std::error_code ignored;
  return std::tuple(size_of_file(database), fs::last_write_time(database, ignored));
}

bool copy_consistently(const fs::path& database, const fs::path& copy) {
  const auto before = version_of(database);
  copy_if_there(database, copy);
  copy_if_there(wal_of(database), wal_of(copy));
  // A crash while the database was made leaves a rollback journal, which belongs to it.
  copy_if_there(with_ending(database, "-journal"), with_ending(copy, "-journal"));
  return version_of(database) == before;
}

void adopt(const Verdict& verdict, Inspection& result) {
  result.found = verdict.found;
  result.reason = verdict.reason;
  result.reason_label = verdict.label;
}

void look_inside(const DatabaseOptions& options, const LockState& lock, Inspection& result) {
  try {
    Database database(options);
    result.schema_version = database.found_version();
    const Loaded loaded = database.load();
    result.workloads = loaded.rows.size();
    for (const WorkloadRow& row : loaded.rows) {
      result.highest_level = std::max(result.highest_level, row.level);
    }
    adopt(judge_opened(database), result);
  } catch (const CannotOpen& failure) {
    if (const auto verdict = judge_failure(failure, lock)) {
      adopt(*verdict, result);
    } else {
      result.refusal = failure.what();
    }
  }
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

Inspection inspect_once(const DatabaseOptions& options, bool& consistent) {
  const TemporaryFolder folder;
  DatabaseOptions of_copy = options;
  of_copy.file = folder.path() / "copy.db";
  Inspection result;
  const auto lock = read_lock_file(options.file);
  const LockState state = lock ? lock->state : LockState{};
  if (lock && lock->holder) {
    result.in_use = true;
    result.holder = *lock->holder != 0 ? lock->holder : std::nullopt;
  }
  consistent = copy_consistently(options.file, of_copy.file);
  if (const auto verdict = judge_files(of_copy.file, state)) {
    adopt(*verdict, result);
  } else {
    look_inside(of_copy, state, result);
  }
  for (std::string* text : {&result.reason, &result.refusal}) {
    *text = replaced(*text, of_copy.file.string(), options.file.string());
  }
  return result;
}

}  // namespace

Inspection inspect_store(const DatabaseOptions& options) {
  constexpr int kAttempts = 10;
  for (int attempt = 1;; ++attempt) {
    bool consistent = false;
    Inspection result = inspect_once(options, consistent);
    // A process at work may have moved things between the copies of lock file, database and WAL.
    const bool doubtful = result.in_use && (!consistent || result.found != Found::good);
    if (!doubtful || attempt == kAttempts) {
      return result;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace ebbgate::storage
