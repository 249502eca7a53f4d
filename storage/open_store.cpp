#include "storage/open_store.h"

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "storage/database_draft.h"
#include "storage/files.h"
#include "storage/misnamed.h"
#include "storage/own_names.h"
#include "storage/set_aside.h"
#include "storage/unusable.h"
#include "storage/verdict.h"

namespace ebbgate::storage {

namespace fs = std::filesystem;

namespace {

void apply(LockFile& lock, const LockFile::Change& change) {
  if (const auto error = lock.apply(change)) {
    throw std::runtime_error(*error);
  }
}

// Tries what is there: nothing, with the verdict filled in, when a new database is needed.
bool open_what_is_there(const StoreOptions& options, const LockState& found, OpenedStore& store,
                        Verdict& verdict) {
  if (auto told = judge_files(options.database.file, found)) {
    verdict = *std::move(told);
    return false;
  }
  if (is_copy(options.database.file)) {
    // What the lock file says is of another database, and must not outlive it.
    apply(*store.lock, {.database_exists = true, .closed_cleanly = true, .withdraw_marks = 0});
  }
  if (!needs_wal(options.database.file, found)) {
    set_wal_aside(options.database.file, options.now);
  }
  try {
    store.database = std::make_unique<Database>(options.database);
    store.loaded = store.database->load();
  } catch (const CannotOpen& failure) {
    store.database.reset();
    auto meaning = judge_failure(failure, found);
    if (!meaning) {
      throw;
    }
    verdict = *std::move(meaning);
    return false;
  }
  verdict = judge_opened(*store.database);
  return true;
}

// The new database is whole before what is left of the old one moves: where there is no room for
// it, everything stays as it is.
void begin_after_loss(const StoreOptions& options, LockFile& lock, Verdict& verdict) {
  const DatabaseDraft draft(draft_of(options.database.file));
  DatabaseOptions of_draft = options.database;
  of_draft.file = draft.file();
  try {
    Database::create(of_draft, true);
  } catch (const CannotOpen& failure) {
    throw CannotOpen(failure.why(), verdict.reason + "; a new one cannot be made: " +
                                        replaced(failure.what(), draft.file().string(),
                                                 options.database.file.string()));
  }
  // From here on a crash must not make a fresh install of it.
  apply(lock, {.database_exists = true});
  std::string beginning = "; what was left of it is kept as ";
  for (const fs::path& kept :
       replace_database(draft.file(), options.database.file, "lost", options.now)) {
    verdict.reason += beginning + kept.string();
    beginning = ", ";
  }
}

void start_anew(const StoreOptions& options, OpenedStore& store, Verdict& verdict) {
  store.hold.reset();
  if (verdict.found == Found::lost) {
    begin_after_loss(options, *store.lock, verdict);
  } else {
    Database::create(options.database, false);
  }
  store.hold = std::make_unique<DatabaseHold>(options.database.file);
  apply(*store.lock, {.database_exists = true, .closed_cleanly = true, .withdraw_marks = 0});
  store.database = std::make_unique<Database>(options.database);
  store.loaded = store.database->load();
}

// What earlier versions left behind, what they set aside included; what is new is born so.
void make_files_private(const fs::path& database) {
  const OwnNames own = own_names(database);
  std::error_code unreadable;
  // The database alone may be a link.
  make_private(fs::canonical(database, unreadable));
  for (fs::directory_iterator file(folder_of(database), unreadable);
       file != fs::directory_iterator(); file.increment(unreadable)) {
    if (own.include(file->path().filename().string()) && file->is_regular_file(unreadable)) {
      make_private(file->path());
    }
  }
}

}  // namespace

OpenedStore open_store(const StoreOptions& options) {
  refuse_misnamed(options.database.file);
  refuse_unusable(options.database.file);
  OpenedStore store;
  store.lock = std::make_unique<LockFile>(options.database.file, options.lock_sync);
  store.hold = std::make_unique<DatabaseHold>(options.database.file);
  make_files_private(options.database.file);
  const LockState found = store.lock->found();
  Verdict verdict;
  if (!open_what_is_there(options, found, store, verdict)) {
    start_anew(options, store, verdict);
  } else if (!found.database_exists) {
    apply(*store.lock, {.database_exists = true});
  }
  store.loaded.found = verdict.found;
  store.loaded.reason = verdict.reason;
  store.loaded.reason_label = verdict.label;
  return store;
}

}  // namespace ebbgate::storage
