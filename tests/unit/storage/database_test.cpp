// Long because each table and each way in which a file can be wrong is tried in one place.
#include "storage/database.h"

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>

#include "storage/schema.h"
#include "storage/wal.h"
#include "tests/unit/storage/fault_vfs.h"
#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

namespace {

DatabaseOptions created(const Folder& folder, HistoryBounds bounds = {}) {
  DatabaseOptions options = options_for(folder.database()).database;
  options.history = bounds;
  Database::create(options, false);
  return options;
}

WorkloadRow full_row() {
  WorkloadRow row;
  row.key = {"default", "Deployment", "web"};
  row.level = 64;
  row.counter = 9'007'199'254'740'993;
  row.incarnation = "uid";
  row.revision = "revision";
  row.adopted = false;
  row.answered_at = BootTime(std::chrono::nanoseconds(1'234'567'890'123));
  row.forgive_not_before = BootTime(std::chrono::nanoseconds(9'234'567'890'123));
  row.applied = sha256("applied");
  row.references = {{"a.yaml", sha256("a")}, {std::string("b\0\xff", 3), sha256("b")}, {"", {}}};
  row.references_version = 1;
  row.in_flight = true;
  row.witness = "pid 12 34";
  row.rollout = Rollout::failed;
  row.last_outcome = LastOutcome::unknown;
  row.last_update = WallTime(std::chrono::milliseconds(1'700'000'000'123));
  row.tried = sha256("tried");
  row.repeats = 3;
  row.failures = 4;
  row.failing_since = WallTime(std::chrono::hours(2));
  row.failure_cause = 2;
  row.last_error = "exit status 1";
  row.pending_since = WallTime(std::chrono::hours(1));
  return row;
}

Batch history(std::vector<HistoryRow> entries) {
  Batch batch;
  batch.history = std::move(entries);
  return batch;
}

CannotOpen::Why failure_of(const DatabaseOptions& options, std::string& message) {
  try {
    const Database database(options);
  } catch (const CannotOpen& error) {
    message = error.what();
    return error.why();
  }
  FAIL("it could be opened");
  return CannotOpen::Why::other;
}

}  // namespace

TEST_CASE("a row comes back as it was stored") {
  const Folder folder;
  const DatabaseOptions options = created(folder);
  WorkloadRow bare;
  bare.key = key("bare");
  {
    Database database(options);
    REQUIRE_FALSE(database.write(rows({full_row(), bare})).has_value());
  }
  const auto loaded = Database(options).load().rows;
  REQUIRE(loaded.size() == 2);
  CHECK(loaded[0] == full_row());
  CHECK(loaded[1] == bare);
}

TEST_CASE("a later row replaces an earlier one, and a removed one is gone") {
  const Folder folder;
  Database database(created(folder));
  REQUIRE_FALSE(database.write(rows({row("web", 1), row("api", 1)})).has_value());
  Batch batch = rows({row("web", 2)});
  batch.removed = {key("api")};
  REQUIRE_FALSE(database.write(batch).has_value());
  CHECK(levels(database.load()) == std::map<std::string, int>{{"web", 2}});
}

TEST_CASE("the budget is unknown until it is stored, and then comes back") {
  const Folder folder;
  const DatabaseOptions options = created(folder);
  const BudgetRow budget{12.25, BootTime(std::chrono::seconds(7)), "term"};
  {
    Database database(options);
    CHECK_FALSE(database.load().budget.has_value());
    Batch batch;
    batch.budget = budget;
    REQUIRE_FALSE(database.write(batch).has_value());
  }
  CHECK(Database(options).load().budget == budget);
}

TEST_CASE("a budget of an earlier boot is not taken for one of this boot") {
  const Folder folder;
  DatabaseOptions options = created(folder);
  Batch batch;
  batch.budget = BudgetRow{3, BootTime(std::chrono::seconds(7)), ""};
  REQUIRE_FALSE(Database(options).write(batch).has_value());
  options.boot_id = "next boot";
  {
    Database database(options);
    CHECK(database.load().budget.has_value());
    CHECK_FALSE(database.load().same_boot);
    REQUIRE_FALSE(database.write(rows({row("web", 1)})).has_value());
  }
  Database database(options);
  CHECK(database.load().same_boot);
  CHECK_FALSE(database.load().budget.has_value());
}

TEST_CASE("peers and their messages come back as they were stored, messages in their order") {
  const Folder folder;
  const DatabaseOptions options = created(folder);
  const PeerRow down{"sidecar", 64, BootTime(std::chrono::nanoseconds(1'234'567'890'123))};
  const PeerRow fine{"auditor", 0, {}};
  FeedbackRow odd{"sidecar", 10, std::string("\0\xff", 2), "{\"ü\":\"\xff\"}", 3};
  {
    Database database(options);
    CHECK(database.load().peers.empty());
    CHECK(database.load().feedback.empty());
    Batch batch = messages({odd, message("sidecar", 9), message("auditor", 11)});
    batch.peers = {down, fine};
    REQUIRE_FALSE(database.write(batch).has_value());
  }
  Database database(options);
  CHECK(database.load().peers == std::vector<PeerRow>{fine, down});
  CHECK(database.load().feedback ==
        std::vector<FeedbackRow>{message("auditor", 11), message("sidecar", 9), odd});
}

TEST_CASE("later rows of peers and messages replace earlier ones, and messages are removed") {
  const Folder folder;
  Database database(created(folder));
  Batch first = messages({message("sidecar", 1), message("sidecar", 2), message("auditor", 1)});
  first.peers = {{"sidecar", 1, {}}};
  REQUIRE_FALSE(database.write(first).has_value());
  FeedbackRow tried = message("sidecar", 2);
  tried.attempts = 5;
  // Number 3 comes and goes within one batch; number 4 was never there.
  Batch second =
      messages({tried, message("sidecar", 3)}, {{"sidecar", 1}, {"sidecar", 3}, {"sidecar", 4}});
  second.peers = {{"sidecar", 2, BootTime(std::chrono::seconds(5))}};
  REQUIRE_FALSE(database.write(second).has_value());
  CHECK(database.load().peers == second.peers);
  CHECK(database.load().feedback == std::vector<FeedbackRow>{message("auditor", 1), tried});
}

TEST_CASE("what failed in an earlier boot counts as failed when the next one first writes") {
  const Folder folder;
  DatabaseOptions options = created(folder);
  const PeerRow before{"sidecar", 3, BootTime(std::chrono::hours(1'000'000))};
  Batch batch;
  batch.peers = {before};
  REQUIRE_FALSE(Database(options).write(batch).has_value());
  options.boot_id = "next boot";
  const BootTime begun = BootClock::now();
  {
    Database database(options);
    CHECK(database.load().peers == std::vector<PeerRow>{before});
    CHECK_FALSE(database.load().same_boot);
    batch.peers = {{"auditor", 1, BootTime(std::chrono::seconds(1))}};
    REQUIRE_FALSE(database.write(batch).has_value());
  }
  Database database(options);
  CHECK(database.load().same_boot);
  const std::vector<PeerRow> peers = database.load().peers;
  REQUIRE(peers.size() == 2);
  CHECK(peers[0] == batch.peers[0]);
  CHECK(peers[1].level == 3);
  CHECK(peers[1].failed_at >= begun);
  CHECK(peers[1].failed_at <= BootClock::now());
  REQUIRE_FALSE(database.write(rows({row("web", 1)})).has_value());
  CHECK(database.load().peers == peers);
}

TEST_CASE("providers do not see each other's workloads") {
  const Folder folder;
  DatabaseOptions options = created(folder);
  Batch batch = rows({row("web", 3)});
  batch.history = {entry("web", 1)};
  REQUIRE_FALSE(Database(options).write(batch).has_value());
  options.provider = "kubernetes";
  {
    Database other(options);
    CHECK(other.load().rows.empty());
    CHECK(other.history(std::nullopt, 10).value().empty());
    REQUIRE_FALSE(other.write(rows({row("web", 9)})).has_value());
  }
  options.provider = "local";
  CHECK(levels(Database(options).load()) == std::map<std::string, int>{{"web", 3}});
}

TEST_CASE("a storm of one workload does not push out the others' history") {
  const Folder folder;
  const DatabaseOptions options = created(folder, {.keep = 1000, .per_workload = 20});
  Database database(options);
  REQUIRE_FALSE(database.write(history({entry("quiet", 1)})).has_value());
  for (int number = 2; number < 200; ++number) {
    REQUIRE_FALSE(database.write(history({entry("storm", number)})).has_value());
    const auto kept = database.history(key("storm"), 1000).value();
    CHECK(kept.size() <= 20);
    CHECK(kept.front() == entry("storm", number));
  }
  CHECK(database.history(key("storm"), 1000).value().size() >= 18);
  CHECK(database.history(key("quiet"), 1000).value().size() == 1);
}

TEST_CASE("history is bounded in total, also after a restart") {
  const Folder folder;
  const DatabaseOptions options = created(folder, {.keep = 50, .per_workload = 20});
  for (int start = 0; start < 3; ++start) {
    Database database(options);
    for (int number = 0; number < 60; ++number) {
      REQUIRE_FALSE(database.write(history({entry(std::to_string(number), start * 100 + number)}))
                        .has_value());
      CHECK(database.history(std::nullopt, 1000).value().size() <= 50);
    }
    const auto newest = database.history(std::nullopt, 2).value();
    REQUIRE(newest.size() == 2);
    CHECK(newest[0] == entry("59", start * 100 + 59));
    CHECK(newest[1] == entry("58", start * 100 + 58));
  }
}

TEST_CASE("a batch with more history than there may be keeps the newest") {
  const Folder folder;
  Database database(created(folder, {.keep = 5, .per_workload = 3}));
  std::vector<HistoryRow> entries;
  entries.reserve(30);
  for (int number = 0; number < 30; ++number) {
    entries.push_back(entry(number % 2 == 0 ? "web" : "api", number));
  }
  REQUIRE_FALSE(database.write(history(entries)).has_value());
  const auto kept = database.history(std::nullopt, 100).value();
  REQUIRE(kept.size() == 5);
  CHECK(kept[0] == entry("api", 29));
  CHECK(kept[4] == entry("api", 25));
}

TEST_CASE("a write that fails leaves nothing behind, and the same write succeeds later") {
  const Folder folder;
  FaultVfs vfs;
  DatabaseOptions options = created(folder, {.keep = 8, .per_workload = 8});
  options.vfs = vfs.name();
  Database database(options);
  for (int number = 0; number < 8; ++number) {
    REQUIRE_FALSE(database.write(history({entry("web", number)})).has_value());
  }
  Batch batch = rows({row("web", 5)});
  batch.history = {entry("web", 8), entry("web", 9)};
  vfs.set_full(true);
  CHECK(database.write(batch).has_value());
  CHECK(database.load().rows.empty());
  vfs.set_full(false);
  REQUIRE_FALSE(database.write(batch).has_value());
  const auto kept = database.history(key("web"), 100).value();
  CHECK(kept.size() == 8);
  CHECK(kept.back() == entry("web", 2));
}

TEST_CASE("a row that makes no sense is refused by the schema") {
  const Folder folder;
  Database database(created(folder));
  CHECK(database.write(rows({row("web", 65)})).has_value());
  CHECK(database.write(rows({row("", 1)})).has_value());
  CHECK(database.load().rows.empty());
  Batch batch;
  batch.peers = {{"sidecar", 65, {}}};
  CHECK(database.write(batch).has_value());
  batch.peers = {{"", 1, {}}};
  CHECK(database.write(batch).has_value());
  CHECK(database.write(messages({{"sidecar", 1, "job", "", 0}})).has_value());
  CHECK(database.write(messages({{"sidecar", 1, "job", "{}", -1}})).has_value());
  CHECK(database.load().peers.empty());
  CHECK(database.load().feedback.empty());
}

TEST_CASE("a newer schema is refused with both versions, and nothing is changed") {
  const Folder folder;
  const DatabaseOptions options = created(folder);
  SQLite::Database(folder.database().string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA user_version = 99");
  const std::string before = read_file(folder.database());
  std::string message;
  CHECK(failure_of(options, message) == CannotOpen::Why::newer);
  CHECK(message.find("version 99") != std::string::npos);
  CHECK(message.find("up to " + std::to_string(schema_version())) != std::string::npos);
  CHECK(message.find(folder.database().string()) != std::string::npos);
  CHECK(read_file(folder.database()) == before);
  // Through the whole start too: an error, no loss.
  CHECK_THROWS_AS(open_store(options_for(folder.database())), CannotOpen);
  CHECK(read_file(folder.database()) == before);
}

TEST_CASE("a refused database keeps its WAL") {
  const Folder folder;
  const DatabaseOptions options = created(folder);
  {
    Database database(options);
    REQUIRE_FALSE(database.write(rows({row("web", 1)})).has_value());
  }
  {
    SQLite::Database direct(folder.database().string(), SQLite::OPEN_READWRITE);
    direct.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
    direct.exec("PRAGMA user_version = 99");
    const Folder crashed;
    copy_files(folder.path(), crashed.path());
    const std::string wal = read_file(wal_of(crashed.database()));
    REQUIRE_FALSE(wal.empty());
    CHECK_THROWS_AS(open_store(options_for(crashed.database())), CannotOpen);
    CHECK(read_file(wal_of(crashed.database())) == wal);
  }
}

TEST_CASE("a damaged page is noticed") {
  const Folder folder;
  const DatabaseOptions options = created(folder);
  {
    Database database(options);
    for (int i = 0; i < 500; ++i) {
      REQUIRE_FALSE(database.write(rows({row("w" + std::to_string(i), 1)})).has_value());
    }
    REQUIRE_FALSE(database.checkpoint().has_value());
    database.remove_wal_on_close();
  }
  std::string content = read_file(folder.database());
  REQUIRE(content.size() > 8 * 4096);
  content.replace(std::size_t{4} * 4096, 16, std::string(16, '\x55'));
  write_file(folder.database(), content);
  std::string message;
  CHECK(failure_of(options, message) == CannotOpen::Why::damaged);
}

TEST_CASE("a database without permission is an error and no loss") {
  const Folder folder;
  { open_store(options_for(folder.database())); }
  REQUIRE(fs::remove(folder.database()));
  fs::create_directory(folder.database());
  CHECK_THROWS(open_store(options_for(folder.database())));
  CHECK(fs::is_directory(folder.database()));
}

TEST_CASE("migrations run the steps that are missing, and keep what is there") {
  const Folder folder;
  const DatabaseOptions options = created(folder);
  REQUIRE_FALSE(Database(options).write(rows({row("web", 4)})).has_value());
  std::vector<const char*> steps(migrations().begin(), migrations().end());
  steps.push_back("ALTER TABLE workload ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'");
  steps.push_back("UPDATE workload SET colour = 'red'");
  SQLite::Database direct(folder.database().string(), SQLite::OPEN_READWRITE);
  migrate(direct, steps);
  CHECK(direct.execAndGet("PRAGMA user_version").getInt() == schema_version() + 2);
  CHECK(direct.execAndGet("SELECT colour FROM workload").getString() == "red");
  CHECK(direct.execAndGet("SELECT level FROM workload").getInt() == 4);
  migrate(direct, steps);
  CHECK(direct.execAndGet("PRAGMA user_version").getInt() == schema_version() + 2);
}

TEST_CASE("a database of the first version is migrated, keeps its rows, and counts from 0") {
  const Folder folder;
  const DatabaseOptions options = created(folder);
  REQUIRE_FALSE(Database(options).write(rows({full_row()})).has_value());
  {
    SQLite::Database direct(folder.database().string(), SQLite::OPEN_READWRITE);
    direct.exec(
        "ALTER TABLE workload DROP COLUMN counter; ALTER TABLE store DROP COLUMN budget_term;"
        "ALTER TABLE workload DROP COLUMN incarnation; ALTER TABLE workload DROP COLUMN adopted;"
        "ALTER TABLE workload DROP COLUMN revision; DROP TABLE peer; DROP TABLE feedback;"
        "ALTER TABLE workload DROP COLUMN tried; ALTER TABLE workload DROP COLUMN repeats;"
        "ALTER TABLE workload DROP COLUMN failures; ALTER TABLE workload DROP COLUMN failing_since;"
        "ALTER TABLE workload DROP COLUMN failure_cause; ALTER TABLE workload DROP COLUMN "
        "last_error;"
        "ALTER TABLE workload DROP COLUMN pending_since; ALTER TABLE store DROP COLUMN copied;"
        "PRAGMA user_version = 1");
  }
  Database database(options);
  const auto loaded = database.load().rows;
  REQUIRE(loaded.size() == 1);
  WorkloadRow expected = full_row();
  expected.counter = 0;
  expected.incarnation.clear();
  expected.revision.clear();
  expected.adopted = true;
  expected.tried.reset();
  expected.repeats = 0;
  expected.failures = 0;
  expected.failing_since.reset();
  expected.failure_cause.reset();
  expected.last_error.clear();
  expected.pending_since.reset();
  CHECK(loaded[0] == expected);
  Batch batch = rows({full_row()});
  batch.peers = {{"sidecar", 1, {}}};
  batch.feedback = {message("sidecar", 1)};
  REQUIRE_FALSE(database.write(batch).has_value());
  CHECK(database.load().rows[0] == full_row());
  CHECK(database.load().peers == batch.peers);
  CHECK(database.load().feedback == batch.feedback);
}

TEST_CASE("each commit is durable by itself") {
  const Folder folder;
  Database database(created(folder));
  REQUIRE_FALSE(database.write(rows({row("web", 1)})).has_value());
  CHECK(read_wal(wal_of(folder.database())).frames > 0);
  CHECK(database.wal_pages() > 0);
  REQUIRE_FALSE(database.checkpoint().has_value());
  CHECK(database.wal_pages() == 0);
}
