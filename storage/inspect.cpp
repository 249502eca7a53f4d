#include "storage/inspect.h"

#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "storage/files.h"
#include "storage/snapshot.h"
#include "storage/verdict.h"

namespace ebbgate::storage {

namespace fs = std::filesystem;

namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code unusable;
    const fs::path parent = fs::temp_directory_path(unusable);
    if (unusable) {
      throw std::runtime_error("there is no folder for temporary files: " + unusable.message() +
                               "; set TMPDIR to one");
    }
    std::string name = (parent / "ebbgate-check-XXXXXX").string();
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

void adopt(const Verdict& verdict, Inspection& result) {
  result.found = verdict.found;
  result.reason = verdict.reason;
  result.reason_label = verdict.label;
}

void look_inside(const DatabaseOptions& options, const std::string& original, const LockState& lock,
                 Inspection& result) {
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
    } else if (failure.why() == CannotOpen::Why::misnamed) {
      throw CannotOpen(failure.why(), replaced(failure.what(), options.file.string(), original));
    } else {
      result.refusal = failure.what();
    }
  }
}

Inspection inspect_once(const DatabaseOptions& options, bool& consistent) {
  const TemporaryFolder folder;
  DatabaseOptions of_copy = options;
  of_copy.file = folder.path() / "copy.db";
  Inspection result;
  const Snapshot snapshot = take_snapshot(options.file, of_copy.file);
  result.in_use = snapshot.in_use;
  result.holder = snapshot.holder;
  consistent = snapshot.consistent;
  if (const auto verdict = judge_files(of_copy.file, snapshot.lock)) {
    adopt(*verdict, result);
  } else {
    look_inside(of_copy, options.file.string(), snapshot.lock, result);
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
