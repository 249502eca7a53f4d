#include "storage/open_store.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "storage/inspect.h"
#include "storage/set_aside.h"
#include "storage/wal.h"
#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

namespace {

Loaded look(const fs::path& database) {
  return open_store(options_for(database)).loaded;
}

/// Stores one workload at level 5 and leaves the files as kill -9 would.
void crash_with_level_five(const fs::path& target) {
  const Folder work;
  Listener listener;
  StoreThread store(open_store(options_for(work.database())), {});
  store.start(listener);
  REQUIRE(listener.wait_for_commit(store.submit(rows({row("web", 5)}))));
  copy_files(work.path(), target);
}

void close_with_level_five(const fs::path& database) {
  Listener listener;
  StoreThread store(open_store(options_for(database)), {});
  store.start(listener);
  store.submit(rows({row("web", 5)}));
  REQUIRE(store.close(std::chrono::seconds(60)));
}

bool has_name_with(const fs::path& folder, const std::string& part) {
  const auto names = names_in(folder);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("without lock file and database it is a fresh install") {
  const Folder folder;
  const Loaded loaded = look(folder.database());
  CHECK(loaded.found == Found::fresh);
  CHECK(loaded.rows.empty());
  CHECK(loaded.reason.empty());
}

TEST_CASE("what was closed cleanly is good, and leaves no WAL behind") {
  const Folder folder;
  close_with_level_five(folder.database());
  CHECK(names_in(folder.path()) == std::vector<std::string>{"ebbgate.db", "ebbgate.db.lock"});
  const Loaded loaded = look(folder.database());
  CHECK(loaded.found == Found::good);
  CHECK(levels(loaded) == std::map<std::string, int>{{"web", 5}});
}

TEST_CASE("a crash loses nothing") {
  const Folder folder;
  crash_with_level_five(folder.path());
  for (int start = 0; start < 3; ++start) {
    const Loaded loaded = look(folder.database());
    CHECK(loaded.found == Found::good);
    CHECK(levels(loaded) == std::map<std::string, int>{{"web", 5}});
  }
}

TEST_CASE("an opened store that was never written to is no loss when it crashes") {
  const Folder folder;
  const Folder after;
  {
    const OpenedStore store = open_store(options_for(folder.database()));
    copy_files(folder.path(), after.path());
  }
  CHECK(look(after.database()).found == Found::good);
}

TEST_CASE("a deleted WAL is noticed after a crash") {
  const Folder folder;
  crash_with_level_five(folder.path());
  REQUIRE(fs::remove(wal_of(folder.database())));
  const Loaded loaded = look(folder.database());
  CHECK(loaded.found == Found::lost);
  CHECK(loaded.reason_label == "wal");
  CHECK(loaded.reason.find("ebbgate.db.lost-20231114T221320Z") != std::string::npos);
  CHECK(has_name_with(folder.path(), "ebbgate.db.lost-20231114T221320Z"));
}

TEST_CASE("of what a loss left, what is told to be kept is what there is") {
  struct Case {
    bool database, wal;  // deleted
    std::string kept;
  };
  const std::string name = "ebbgate.db.lost-20231114T221320Z";
  for (const Case& deleted : {Case{true, false, "-wal"}, Case{false, true, ""}}) {
    const Folder folder;
    crash_with_level_five(folder.path());
    for (const auto& [gone, file] : {std::pair(deleted.database, folder.database()),
                                     std::pair(deleted.wal, wal_of(folder.database()))}) {
      if (gone) {
        REQUIRE(fs::remove(file));
      }
    }
    const std::string reason = look(folder.database()).reason;
    CAPTURE(reason);
    CHECK(reason.ends_with("; what was left of it is kept as " +
                           (folder.path() / (name + deleted.kept)).string()));
    CHECK(fs::exists(folder.path() / (name + deleted.kept)));
  }
  const Folder folder;
  crash_with_level_five(folder.path());
  flip_bit(wal_of(folder.database()), 0);
  const std::string kept = (folder.path() / name).string();
  CHECK(look(folder.database()).reason.ends_with(" is kept as " + kept + ", " + kept + "-wal"));
}

TEST_CASE("any flipped bit in the header of the WAL is noticed after a crash") {
  for (std::size_t offset = 0; offset < 32; ++offset) {
    CAPTURE(offset);
    const Folder folder;
    crash_with_level_five(folder.path());
    flip_bit(wal_of(folder.database()), offset);
    const std::string damaged = read_file(wal_of(folder.database()));
    const Loaded loaded = look(folder.database());
    CHECK(loaded.found == Found::lost);
    CHECK(loaded.reason_label == "wal");
    CHECK(read_file(folder.path() / "ebbgate.db.lost-20231114T221320Z-wal") == damaged);
  }
}

TEST_CASE("a deleted database is noticed") {
  const Folder folder;
  close_with_level_five(folder.database());
  REQUIRE(fs::remove(folder.database()));
  const Loaded loaded = look(folder.database());
  CHECK(loaded.found == Found::lost);
  CHECK(loaded.reason_label == "missing");
}

TEST_CASE("an emptied database is noticed") {
  const Folder folder;
  close_with_level_five(folder.database());
  write_file(folder.database(), "");
  const Loaded loaded = look(folder.database());
  CHECK(loaded.found == Found::lost);
  CHECK(loaded.reason_label == "empty");
}

TEST_CASE("a database of other bytes is noticed, and kept under another name") {
  const Folder folder;
  close_with_level_five(folder.database());
  write_file(folder.database(), std::string(10000, 'x'));
  const Loaded loaded = look(folder.database());
  CHECK(loaded.found == Found::lost);
  CHECK(loaded.reason_label == "corrupt");
  CHECK(read_file(folder.path() / "ebbgate.db.lost-20231114T221320Z") == std::string(10000, 'x'));
}

TEST_CASE("a truncated database is noticed") {
  for (const std::size_t size : {100U, 4096U, 8192U}) {
    CAPTURE(size);
    const Folder folder;
    close_with_level_five(folder.database());
    fs::resize_file(folder.database(), size);
    CHECK(look(folder.database()).reason_label == "corrupt");
  }
}

TEST_CASE("lost state stays lost until the first full list is committed") {
  const Folder folder;
  close_with_level_five(folder.database());
  REQUIRE(fs::remove(folder.database()));
  {
    Listener listener;
    StoreThread store(open_store(options_for(folder.database())), {});
    store.start(listener);
    store.submit(rows({row("api", 3)}));
    REQUIRE(store.close(std::chrono::seconds(60)));
  }
  {
    OpenedStore opened = open_store(options_for(folder.database()));
    CHECK(opened.loaded.found == Found::lost);
    CHECK(opened.loaded.reason_label == "marked");
    CHECK(levels(opened.loaded) == std::map<std::string, int>{{"api", 3}});
    Listener listener;
    StoreThread store(std::move(opened), {});
    store.start(listener);
    Batch batch;
    batch.first_list_done = true;
    store.submit(batch);
    REQUIRE(store.close(std::chrono::seconds(60)));
  }
  const Loaded loaded = look(folder.database());
  CHECK(loaded.found == Found::good);
  CHECK(levels(loaded) == std::map<std::string, int>{{"api", 3}});
}

TEST_CASE("what is set aside overwrites nothing") {
  const Folder folder;
  for (int loss = 0; loss < 3; ++loss) {
    { open_store(options_for(folder.database())); }
    write_file(folder.database(), "loss " + std::to_string(loss));
    CHECK(look(folder.database()).found == Found::lost);
  }
  CHECK(read_file(folder.path() / "ebbgate.db.lost-20231114T221320Z") == "loss 0");
  CHECK(read_file(folder.path() / "ebbgate.db.lost-20231114T221320Z.2") == "loss 1");
  CHECK(read_file(folder.path() / "ebbgate.db.lost-20231114T221320Z.3") == "loss 2");
}

TEST_CASE("a good database without a lock file is good") {
  const Folder folder;
  crash_with_level_five(folder.path());
  REQUIRE(fs::remove(LockFile::path_of(folder.database())));
  const Loaded loaded = look(folder.database());
  CHECK(loaded.found == Found::good);
  CHECK(levels(loaded) == std::map<std::string, int>{{"web", 5}});
  // Now the lock file knows of it, and that its WAL is needed.
  REQUIRE(fs::remove(wal_of(folder.database())));
  CHECK(look(folder.database()).reason_label == "wal");
}

// Its first line is still that of a lock file.
const std::string kGarbage = "Ebbgate's lock filX" + std::string(300, '#');

TEST_CASE("where the lock file is damaged, nobody knows how much was committed: that is a loss") {
  for (const std::string& content : {std::string(), kGarbage, std::string(2000, 0)}) {
    CAPTURE(content.size());
    const Folder missing;
    const Folder crashed;
    crash_with_level_five(crashed.path());
    const Folder closed;
    close_with_level_five(closed.database());
    for (const Folder* folder : {&missing, &crashed, &closed}) {
      const fs::path lock = LockFile::path_of(folder->database());
      write_file(lock, content);
      CHECK(inspect_store(options_for(folder->database()).database).reason_label == "lock");
      const Loaded loaded = look(folder->database());
      CHECK(loaded.found == Found::lost);
      CHECK(loaded.reason_label == "lock");
      CHECK(loaded.reason.starts_with("the lock file " + lock.string() + " is damaged"));
      CHECK(read_lock_file(folder->database())->state.damaged == false);
    }
  }
}

TEST_CASE(
    "a start that ends before it has begun anew leaves no trace of a damaged lock file but the "
    "mark") {
  const Folder folder;
  crash_with_level_five(folder.path());
  write_file(LockFile::path_of(folder.database()), kGarbage);
  { const LockFile lock(folder.database()); }
  CHECK(look(folder.database()).reason_label == "marked");
}

TEST_CASE("a marked lock file makes the state lost, whatever the database says") {
  const Folder folder;
  close_with_level_five(folder.database());
  {
    LockFile lock(folder.database());
    REQUIRE_FALSE(lock.mark_lost(1).has_value());
  }
  const Loaded loaded = look(folder.database());
  CHECK(loaded.found == Found::lost);
  CHECK(loaded.reason_label == "marked");
  CHECK(loaded.rows.empty());
}

TEST_CASE("an orphaned WAL without database and lock file is a loss, and is kept") {
  const Folder folder;
  crash_with_level_five(folder.path());
  REQUIRE(fs::remove(LockFile::path_of(folder.database())));
  REQUIRE(fs::remove(folder.database()));
  CHECK(look(folder.database()).reason_label == "missing");
  CHECK(has_name_with(folder.path(), "Z-wal"));
}

TEST_CASE("boot times are comparable on the same boot only") {
  const Folder folder;
  close_with_level_five(folder.database());
  CHECK(open_store(options_for(folder.database(), "this boot")).loaded.same_boot);
  CHECK_FALSE(open_store(options_for(folder.database(), "next boot")).loaded.same_boot);
  CHECK_FALSE(open_store(options_for(folder.database(), "")).loaded.same_boot);
}

TEST_CASE("rows left over from an earlier boot keep the whole store incomparable") {
  const Folder folder;
  const auto write = [&](const std::string& boot, const Batch& batch) {
    Listener listener;
    StoreThread store(open_store(options_for(folder.database(), boot)), {});
    store.start(listener);
    store.submit(batch);
    REQUIRE(store.close(std::chrono::seconds(60)));
  };
  write("first", rows({row("web", 5), row("api", 1), row("idle", 0)}));
  write("second", rows({row("web", 6)}));
  CHECK_FALSE(open_store(options_for(folder.database(), "second")).loaded.same_boot);
  write("second", rows({row("api", 1)}));
  const Loaded loaded = open_store(options_for(folder.database(), "second")).loaded;
  CHECK(loaded.same_boot);
  for (const WorkloadRow& loaded_row : loaded.rows) {
    CHECK(loaded_row.answered_at.has_value() == (loaded_row.key.name != "idle"));
  }
}
