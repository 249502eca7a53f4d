#include "storage/database_copy.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include "storage/database_draft.h"
#include "storage/files.h"
#include "storage/snapshot.h"
#include "storage/verdict.h"

namespace ebbgate::storage {

namespace fs = std::filesystem;

namespace {

void refuse(const fs::path& copy) {
  throw std::runtime_error(copy.string() +
                           " exists; name another file, or overwrite it with --force");
}

void fill(const DatabaseOptions& options, const fs::path& draft) {
  constexpr int kAttempts = 20;
  Snapshot snapshot;
  std::optional<Verdict> verdict;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    snapshot = take_snapshot(options.file, draft);
    verdict = judge_files(draft, snapshot.lock);
    // What a process at work moves meanwhile may look like a loss.
    if (snapshot.consistent && (!verdict || !snapshot.in_use)) {
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  if (verdict) {
    throw std::runtime_error(
        verdict->found == Found::fresh
            ? "there is no database " + options.file.string() +
                  " yet; name the one that is meant with --database, or the configuration that has "
                  "it with --config"
            : "there is nothing to be copied: " +
                  replaced(verdict->reason, draft.string(), options.file.string()));
  }
  if (!snapshot.consistent) {
    throw std::runtime_error("the database " + options.file.string() +
                             " changes too fast to be copied; try again");
  }
}

void publish(const fs::path& draft, const fs::path& copy, bool overwrite) {
  sync_file(draft);
  if (!overwrite && !rename_to_new_name(draft, copy)) {
    refuse(copy);
  }
  if (overwrite && ::rename(draft.c_str(), copy.c_str()) != 0) {
    throw_errno("cannot rename " + draft.string() + " to " + copy.string());
  }
  sync_directory_of(copy);
}

}  // namespace

void copy_database(const DatabaseOptions& options, const fs::path& copy, bool overwrite) {
  for (const char* ending : {"", "-wal", "-journal", "-shm", ".lock"}) {
    const fs::path part = with_ending(options.file, ending);
    std::error_code unknown;
    const bool is_same = fs::equivalent(part, copy, unknown);
    const fs::path real_part = fs::weakly_canonical(part, unknown);
    if (is_same || (!unknown && real_part == fs::weakly_canonical(copy, unknown) && !unknown)) {
      throw std::runtime_error(copy.string() +
                               " belongs to the database itself; name another file");
    }
  }
  std::error_code unknown;
  const fs::file_status there = fs::symlink_status(copy, unknown);
  if (there.type() == fs::file_type::none) {
    throw std::system_error(unknown, "cannot look at " + copy.string());
  }
  if (fs::exists(there) && !fs::is_regular_file(there)) {
    throw std::runtime_error(copy.string() +
                             " exists and is no regular file, so it is not overwritten; name "
                             "another file");
  }
  if (!overwrite && fs::exists(there)) {
    refuse(copy);
  }
  const DatabaseDraft draft(with_ending(copy, ".new-" + std::to_string(::getpid())));
  fill(options, draft.file());
  DatabaseOptions of_draft = options;
  of_draft.file = draft.file();
  try {
    Database::make_copy(of_draft);
  } catch (const CannotOpen& failure) {
    // What the draft holds is the database's, and where it cannot be written is the copy's.
    const bool of_copy = failure.why() == CannotOpen::Why::other;
    throw CannotOpen(failure.why(), replaced(failure.what(), draft.file().string(),
                                             (of_copy ? copy : options.file).string()));
  }
  publish(draft.file(), copy, overwrite);
}

}  // namespace ebbgate::storage
