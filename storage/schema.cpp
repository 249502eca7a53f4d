#include "storage/schema.h"

#include <array>
#include <string>

#include <SQLiteCpp/Database.h>

namespace ebbgate::storage {

namespace {

// Times on CLOCK_BOOTTIME are nanoseconds and belong to the boot whose number stands beside them;
// times of the wall clock are milliseconds since 1970.
constexpr const char* kFirst = R"sql(
CREATE TABLE store (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  boot_id TEXT NOT NULL,
  boot_number INTEGER NOT NULL CHECK (boot_number >= 0),
  marked INTEGER NOT NULL CHECK (marked IN (0, 1)),
  budget_tokens REAL,
  budget_at INTEGER,
  budget_boot INTEGER,
  CHECK ((budget_tokens IS NULL) = (budget_at IS NULL)),
  CHECK ((budget_tokens IS NULL) = (budget_boot IS NULL))
) STRICT;

CREATE TABLE workload (
  provider TEXT NOT NULL,
  namespace TEXT NOT NULL CHECK (namespace <> ''),
  kind TEXT NOT NULL CHECK (kind <> ''),
  name TEXT NOT NULL CHECK (name <> ''),
  level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 64),
  boot INTEGER NOT NULL,
  answered_at INTEGER,
  forgive_not_before INTEGER,
  applied BLOB CHECK (length(applied) = 32),
  reference_list BLOB NOT NULL,
  references_version INTEGER NOT NULL,
  in_flight INTEGER NOT NULL CHECK (in_flight IN (0, 1)),
  witness TEXT NOT NULL,
  rollout INTEGER NOT NULL CHECK (rollout BETWEEN 0 AND 2),
  last_outcome INTEGER NOT NULL CHECK (last_outcome BETWEEN 0 AND 3),
  last_update INTEGER,
  PRIMARY KEY (provider, namespace, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE history (
  id INTEGER PRIMARY KEY,
  provider TEXT NOT NULL,
  namespace TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  what INTEGER NOT NULL CHECK (what BETWEEN 0 AND 9),
  level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 64),
  detail TEXT NOT NULL
) STRICT;
)sql";

// Updates over a workload's whole life, so that its own record of them can be compared with this
// one.
constexpr const char* kCounter = R"sql(
ALTER TABLE workload ADD COLUMN counter INTEGER NOT NULL DEFAULT 0 CHECK (counter >= 0);
)sql";

// What tells how far what is stored is still the last word: the term of leading in which the budget
// was known, which of the workloads that had a key one after the other a row tells of, which
// revision of it was seen, and whether its configuration was.
constexpr const char* kProvenance = R"sql(
ALTER TABLE store ADD COLUMN budget_term TEXT NOT NULL DEFAULT '';
ALTER TABLE workload ADD COLUMN incarnation TEXT NOT NULL DEFAULT '';
ALTER TABLE workload ADD COLUMN revision TEXT NOT NULL DEFAULT '';
ALTER TABLE workload ADD COLUMN adopted INTEGER NOT NULL DEFAULT 1 CHECK (adopted IN (0, 1));
UPDATE workload SET adopted = 0 WHERE applied IS NULL AND last_outcome = 0;
)sql";

// Feedback's peers and the messages that wait for them. A peer's time belongs to the boot that the
// store was last written in.
constexpr const char* kFeedback = R"sql(
CREATE TABLE peer (
  name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
  level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 64),
  failed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE feedback (
  peer TEXT NOT NULL CHECK (peer <> ''),
  number INTEGER NOT NULL CHECK (number >= 0),
  job_id TEXT NOT NULL,
  line TEXT NOT NULL CHECK (line <> ''),
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  PRIMARY KEY (peer, number)
) STRICT;
)sql";

// Attempts that failed and are repeated, and since when a change waits. Times of the wall clock:
// they go on over a reboot.
constexpr const char* kFailing = R"sql(
ALTER TABLE workload ADD COLUMN tried BLOB CHECK (length(tried) = 32);
ALTER TABLE workload ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0 CHECK (repeats >= 0);
ALTER TABLE workload ADD COLUMN failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0);
ALTER TABLE workload ADD COLUMN failing_since INTEGER;
ALTER TABLE workload ADD COLUMN failure_cause INTEGER;
ALTER TABLE workload ADD COLUMN last_error TEXT NOT NULL DEFAULT '';
ALTER TABLE workload ADD COLUMN pending_since INTEGER;
)sql";

// Whether this was a copy, and what came after it is still to be made up for.
constexpr const char* kCopied = R"sql(
ALTER TABLE store ADD COLUMN copied INTEGER NOT NULL DEFAULT 0 CHECK (copied IN (0, 1));
)sql";

constexpr std::array kMigrations{kFirst, kCounter, kProvenance, kFeedback, kFailing, kCopied};

}  // namespace

std::span<const char* const> migrations() {
  return kMigrations;
}

int schema_version() {
  return static_cast<int>(kMigrations.size());
}

void migrate(SQLite::Database& database, std::span<const char* const> steps) {
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  for (const char* step : steps.subspan(static_cast<std::size_t>(version))) {
    database.exec(step);
  }
  database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  database.exec("PRAGMA user_version = " + std::to_string(steps.size()));
}

}  // namespace ebbgate::storage
