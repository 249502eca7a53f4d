#include "storage/inspect.h"

#include <unistd.h>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>

#include "storage/schema.h"
#include "storage/wal.h"
#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

namespace {

using Contents = std::map<std::string, std::string>;

Contents contents_of(const Folder& folder) {
  Contents contents;
  for (const std::string& name : names_in(folder.path())) {
    contents[name] = read_file(folder.path() / name);
  }
  return contents;
}

Inspection inspect(const Folder& folder) {
  const Contents before = contents_of(folder);
  Inspection result = inspect_store(options_for(folder.database()).database);
  CHECK(contents_of(folder) == before);
  return result;
}

}  // namespace

TEST_CASE("where there is nothing, check says so and makes nothing") {
  const Folder folder;
  const Inspection result = inspect(folder);
  CHECK(result.found == Found::fresh);
  CHECK_FALSE(result.schema_version.has_value());
  CHECK_FALSE(result.in_use);
}

TEST_CASE("check looks at a store in use without touching it") {
  const Folder folder;
  Listener listener;
  StoreThread store(open_store(options_for(folder.database())), {});
  store.start(listener);
  REQUIRE(listener.wait_for_commit(store.submit(rows({row("web", 5), row("api", 2)}))));
  const Inspection result = inspect(folder);
  CHECK(result.found == Found::good);
  CHECK(result.schema_version == schema_version());
  CHECK(result.workloads == 2);
  CHECK(result.highest_level == 5);
  CHECK(result.in_use);
  CHECK(result.holder == ::getpid());
}

TEST_CASE("check after a crash leaves the WAL where it is, and notices when it is gone") {
  const Folder folder;
  {
    Listener listener;
    StoreThread store(open_store(options_for(folder.database())), {});
    store.start(listener);
    REQUIRE(listener.wait_for_commit(store.submit(rows({row("web", 5)}))));
    const Folder crashed;
    copy_files(folder.path(), crashed.path());
    CHECK(inspect(crashed).highest_level == 5);
    fs::remove(wal_of(crashed.database()));
    const Inspection lost = inspect(crashed);
    CHECK(lost.found == Found::lost);
    CHECK(lost.reason_label == "wal");
    CHECK(lost.reason.find(crashed.database().string()) != std::string::npos);
    CHECK_FALSE(lost.in_use);
  }
}

TEST_CASE("check tells of a newer schema") {
  const Folder folder;
  { open_store(options_for(folder.database())); }
  SQLite::Database(folder.database().string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA user_version = 99");
  const Inspection result = inspect(folder);
  CHECK(result.refusal.find("version 99") != std::string::npos);
  CHECK(result.refusal.find(folder.database().string()) != std::string::npos);
}

TEST_CASE("check stays right while the store commits and checkpoints") {
  const Folder folder;
  StoreThreadOptions options;
  options.checkpoint_pages = 5;
  Listener listener;
  StoreThread store(open_store(options_for(folder.database())), options);
  store.start(listener);
  int level = 0;
  for (int look = 0; look < 20; ++look) {
    for (int commit = 0; commit < 20; ++commit) {
      level = level % 60 + 1;
      store.submit(rows({row("web", level)}));
    }
    const Inspection result = inspect_store(options_for(folder.database()).database);
    CAPTURE(result.reason);
    CHECK(result.found == Found::good);
    CHECK(result.refusal.empty());
  }
}
