#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>

#include "storage/database_copy.h"
#include "storage/database_header.h"
#include "storage/inspect.h"
#include "storage/schema.h"
#include "storage/wal.h"
#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

namespace {

using Levels = std::map<std::string, int>;

void copy(const Folder& folder, const fs::path& to, bool overwrite = false) {
  copy_database(options_for(folder.database()).database, to, overwrite);
}

std::string failure_of_copy(const Folder& folder, const fs::path& to) {
  try {
    copy(folder, to);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// A store at work, with one workload.
struct AtWork {
  explicit AtWork(int level) : store(open_store(options_for(folder.database())), {}) {
    store.start(listener);
    commit(level);
  }
  void commit(int level) {
    REQUIRE(listener.wait_for_commit(store.submit(rows({row("web", level)}))));
  }

  Folder folder;
  Listener listener;
  StoreThread store;
};

Loaded look(const fs::path& database) {
  return open_store(options_for(database)).loaded;
}

}  // namespace

TEST_CASE("a copy is one file, which tells by itself that it is a copy") {
  AtWork work(5);
  const Folder place;
  copy(work.folder, place.database());
  CHECK(names_in(place.path()) == std::vector<std::string>{"ebbgate.db"});
  const auto header = read_header(place.database());
  REQUIRE(header.has_value());
  CHECK(header->without_wal);
  CHECK(header->application_id == kApplicationId);
  CHECK(header->schema_version == schema_version());
  const Inspection found = inspect_store(options_for(place.database()).database);
  CHECK(found.found == Found::restored);
  CHECK(found.highest_level == 5);
  CHECK(names_in(place.path()) == std::vector<std::string>{"ebbgate.db"});
}

TEST_CASE("a copy stays a restored one until the first full list is committed") {
  AtWork work(5);
  const Folder place;
  copy(work.folder, place.database());
  for (int start = 0; start < 3; ++start) {
    const Loaded loaded = look(place.database());
    CHECK(loaded.found == Found::restored);
    CHECK(loaded.reason_label == "restored");
    CHECK(levels(loaded) == Levels{{"web", 5}});
    CHECK_FALSE(loaded.same_boot);
    CHECK_FALSE(loaded.budget.has_value());
  }
  {
    Listener listener;
    StoreThread store(open_store(options_for(place.database())), {});
    store.start(listener);
    Batch batch = rows({row("web", 7)});
    batch.first_list_done = true;
    REQUIRE(listener.wait_for_commit(store.submit(batch)));
    const Folder crashed;
    copy_files(place.path(), crashed.path());
    CHECK(look(crashed.database()).found == Found::good);
  }
  const Loaded loaded = look(place.database());
  CHECK(loaded.found == Found::good);
  CHECK(loaded.same_boot);
  CHECK(levels(loaded) == Levels{{"web", 7}});
}

TEST_CASE("a copy holds beside whatever was left of the state that it replaces") {
  AtWork work(5);
  const Folder older;
  copy(work.folder, older.database());
  work.commit(6);
  for (const bool marked : {false, true}) {
    CAPTURE(marked);
    const Folder crashed;
    copy_files(work.folder.path(), crashed.path());
    if (marked) {
      LockFile lock(crashed.database());
      REQUIRE_FALSE(lock.mark_lost(1).has_value());
    }
    const std::string wal = read_file(wal_of(crashed.database()));
    fs::copy_file(older.database(), crashed.database(), fs::copy_options::overwrite_existing);
    for (int start = 0; start < 2; ++start) {
      const Loaded loaded = look(crashed.database());
      CHECK(loaded.found == Found::restored);
      CHECK(levels(loaded) == Levels{{"web", 5}});
    }
    // The log belongs to the later state.
    CHECK(read_file(crashed.path() / "ebbgate.db.unneeded-20231114T221320Z-wal") == wal);
  }
}

TEST_CASE("what SQLite's VACUUM INTO made counts as a copy, too") {
  const Folder folder;
  {
    const OpenedStore store = open_store(options_for(folder.database()));
    REQUIRE_FALSE(store.database->write(rows({row("web", 5)})).has_value());
  }
  const Folder place;
  SQLite::Database(folder.database().string(), SQLite::OPEN_READWRITE)
      .exec("VACUUM INTO '" + place.database().string() + "'");
  const Loaded loaded = look(place.database());
  CHECK(loaded.found == Found::restored);
  CHECK(levels(loaded) == Levels{{"web", 5}});
}

TEST_CASE(
    "a copy of an older version is migrated when it is opened, and keeps its version until then") {
  const Folder folder;
  { open_store(options_for(folder.database())); }
  {
    OpenedStore store = open_store(options_for(folder.database()));
    REQUIRE_FALSE(store.database->write(rows({row("web", 5)})).has_value());
  }
  SQLite::Database(folder.database().string(), SQLite::OPEN_READWRITE)
      .exec(
          "ALTER TABLE store DROP COLUMN copied; PRAGMA user_version = 5;"
          "PRAGMA wal_checkpoint(TRUNCATE)");
  {
    LockFile lock(folder.database());
    REQUIRE_FALSE(lock.apply({.closed_cleanly = true}).has_value());
  }
  const Folder place;
  copy(folder, place.database());
  CHECK(read_header(place.database())->schema_version == 5);
  CHECK(look(place.database()).found == Found::restored);
  CHECK(look(place.database()).found == Found::restored);
}

TEST_CASE(
    "copies made while the store commits and checkpoints are whole, and no older than asked for") {
  Listener listener;
  const Folder folder;
  StoreThreadOptions options;
  options.checkpoint_pages = 5;
  StoreThread store(open_store(options_for(folder.database())), options);
  store.start(listener);
  int level = 0;
  for (int number = 0; number < 20; ++number) {
    Sequence last = 0;
    for (int commit = 0; commit < 10; ++commit) {
      level = level % 60 + 1;
      last = store.submit(rows({row("web", level)}));
    }
    REQUIRE(listener.wait_for_commit(last));
    const int answered = level;
    level = level % 60 + 1;
    store.submit(rows({row("web", level)}));
    const Folder place;
    copy(folder, place.database());
    const int found = levels(look(place.database())).at("web");
    CHECK((found == answered || found == level));
  }
}

TEST_CASE("a copy overwrites only what it is told to, and never a part of the database") {
  AtWork work(5);
  const Folder place;
  write_file(place.database(), "something else");
  CHECK(failure_of_copy(work.folder, place.database()).find("--force") != std::string::npos);
  CHECK(read_file(place.database()) == "something else");
  copy(work.folder, place.database(), true);
  CHECK(levels(look(place.database())) == Levels{{"web", 5}});
  for (const char* ending : {"", "-wal", "-journal", "-shm", ".lock"}) {
    fs::path own = work.folder.database();
    own += ending;
    CHECK_THROWS(copy(work.folder, own, true));
  }
}

TEST_CASE("a copy that cannot be made leaves nothing behind") {
  const Folder place;
  const Folder empty;
  CHECK(failure_of_copy(empty, place.database()).find("there is no database") != std::string::npos);
  AtWork work(5);
  const Folder crashed;
  copy_files(work.folder.path(), crashed.path());
  fs::remove(wal_of(crashed.database()));
  const std::string failure = failure_of_copy(crashed, place.database());
  CHECK(failure.find("not closed cleanly") != std::string::npos);
  CHECK(failure.find(crashed.database().string()) != std::string::npos);
  CHECK(failure_of_copy(work.folder, place.path() / "nowhere" / "copy").find("nowhere") !=
        std::string::npos);
  CHECK(names_in(place.path()).empty());
}
