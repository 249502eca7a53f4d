// What is left of the files after a crash, cut, flipped or deleted, and what a start makes of it.
// What it should make of it is told by SQLite alone: state is good where SQLite finds what was
// answered. Long because every kind of damage is tried on the same files and judged in one way.
#include <random>
#include <set>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>

#include "storage/inspect.h"
#include "storage/wal.h"
#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

namespace {

using Levels = std::map<std::string, int>;

/// How a process came to its end.
enum class End {
  killed,              ///< all it ever answered is in the WAL
  killed_in_next_log,  ///< the same, but the WAL's end is that of an older one
  killed_when_moved,   ///< just after a checkpoint: the WAL is there, and not needed
  closed,
};

/// Files as a process left them, and what it had answered.
struct Remains {
  explicit Remains(End ending) : end(ending) {
    Listener listener;
    StoreThreadOptions options;
    options.checkpoint_pages = end == End::killed_when_moved ? 30 : 60;
    const Folder work;
    StoreThread store(open_store(options_for(work.database())), options);
    store.start(listener);
    int level = 0;
    const auto commit = [&] {
      answered["web"] = ++level;
      Batch batch = rows({row("web", level)});
      batch.history = {entry("web", level)};
      REQUIRE(listener.wait_for_commit(store.submit(batch)));
      store.history(std::nullopt, 1).get();  // by now a checkpoint is done, too
    };
    const auto moved = [&] { return read_lock_file(work.database())->state.closed_cleanly; };
    commit();
    first_lock = read_file(LockFile::path_of(work.database()));
    if (end == End::killed || end == End::closed) {
      for (int count = 0; count < 9; ++count) {
        commit();
      }
    } else {
      while (!moved()) {
        commit();
      }
      for (int count = 0; end == End::killed_in_next_log && count < 9; ++count) {
        commit();
        first_lock = count == 0 ? read_file(LockFile::path_of(work.database())) : first_lock;
      }
    }
    if (end == End::closed) {
      REQUIRE(store.close(std::chrono::seconds(60)));
    }
    copy_files(work.path(), folder.path());
  }

  fs::path wal() const { return wal_of(folder.database()); }

  const End end;
  const Folder folder;
  Levels answered;
  std::string first_lock;  ///< as it was after the first commit to this WAL
};

/// What SQLite by itself finds in a database, which is read with its WAL where it needs one;
/// nothing where it finds an error.
std::optional<Levels> found_by_sqlite(const Folder& damaged, bool with_wal) {
  const Folder copy;
  try {
    copy_files(damaged.path(), copy.path());
    if (!with_wal) {
      fs::remove(wal_of(copy.database()));
    }
    SQLite::Database database(copy.database().string(), SQLite::OPEN_READWRITE);
    SQLite::Statement select(database, "SELECT name, level FROM workload");
    Levels levels;
    while (select.executeStep()) {
      levels[select.getColumn(0).getString()] = select.getColumn(1).getInt();
    }
    // A history that lacks its end is an older state, too.
    const int entries = database.execAndGet("SELECT count(*) FROM history").getInt();
    return !levels.empty() && entries == levels.begin()->second ? std::optional(levels)
                                                                : std::nullopt;
  } catch (const SQLite::Exception&) {
    return std::nullopt;
  }
}

struct Outcome {
  Found found = Found::fresh;
  std::string label;
  Levels levels;
};

/// What a start makes of the files; `check` must have foretold it, which is looked at now and then.
Outcome outcome_of(const Folder& damaged) {
  static int calls = 0;
  const StoreOptions options = options_for(damaged.database());
  const auto foretold =
      ++calls % 8 == 1 ? std::optional(inspect_store(options.database)) : std::nullopt;
  const Loaded loaded = open_store(options).loaded;
  if (foretold) {
    CHECK(foretold->found == loaded.found);
    CHECK(foretold->reason_label == loaded.reason_label);
  }
  return {loaded.found, loaded.reason_label, levels(loaded)};
}

/// Damages a copy of `remains`, and checks the outcome.
template <class Damage>
Outcome after(const Remains& remains, const Damage& damage) {
  const Folder damaged;
  copy_files(remains.folder.path(), damaged.path());
  damage(damaged);
  const bool with_wal = remains.end == End::killed || remains.end == End::killed_in_next_log;
  const bool whole = found_by_sqlite(damaged, with_wal) == remains.answered;
  const Outcome outcome = outcome_of(damaged);
  CAPTURE(outcome.label);
  CHECK(outcome.found == (whole ? Found::good : Found::lost));
  CHECK(outcome.levels == (whole ? remains.answered : Levels{}));
  return outcome;
}

constexpr std::size_t kHeader = 32;
constexpr std::size_t kFrameHeader = 24;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kFrame = kFrameHeader + kPage;

using Places = std::set<std::size_t>;

/// A handful of places anywhere, others in each run; a failure tells the seed.
struct Anywhere {
  const unsigned seed = std::random_device()();
  std::mt19937 random{seed};

  void add(Places& places, std::size_t size) {
    for (int count = 0; count < 8; ++count) {
      places.insert(random() % size);
    }
  }
};

/// Both ends of each field of the header; of the frames at the ends and in the middle each field
/// and both ends of the page; of each other frame one field; and some places anywhere.
Places places_in_wal(const fs::path& wal, Anywhere& anywhere) {
  Places places;
  const std::size_t size = fs::file_size(wal);
  const std::size_t frames = (size - kHeader) / kFrame;
  REQUIRE(frames > 3);
  for (std::size_t field = 0; field < kHeader; field += 4) {
    places.insert({field, field + 3});
  }
  for (std::size_t frame = 0; frame < frames; ++frame) {
    const std::size_t at = kHeader + frame * kFrame;
    if (frame < 2 || frame == frames / 2 || frame + 2 >= frames) {
      for (std::size_t field = 0; field < kFrameHeader; field += 4) {
        places.insert(at + field + frame % 4);
      }
      places.insert({at + kFrameHeader, at + kFrame - 1});
    } else {
      places.insert(at + frame % 7 * 4);  // the seventh is the page
    }
  }
  anywhere.add(places, size);
  return places;
}

/// Each field of the header, of each page its ends and its middle, and some places anywhere.
Places places_in_database(const fs::path& database, Anywhere& anywhere) {
  Places places{0, 15, 16, 18, 19, 20, 21, 22, 23};
  const std::size_t size = fs::file_size(database);
  for (std::size_t field = 24; field < 100; field += 4) {
    places.insert(field + 3);
  }
  for (std::size_t page = 0; page < size; page += kPage) {
    places.insert({page + 100, page + kPage / 2, page + kPage - 100, page + kPage - 1});
  }
  anywhere.add(places, size);
  return places;
}

/// Of each line of a text its first byte, that behind the name, the last one and the line's end.
Places places_in_lines(const std::string& text) {
  Places places;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const std::size_t end = text.find('\n', at);
    places.insert({at, std::min(text.find(": ", at) + 2, end), end - 1, end});
  }
  return places;
}

}  // namespace

TEST_CASE("what was not damaged is good, whichever way the process ended") {
  for (const End end :
       {End::killed, End::killed_in_next_log, End::killed_when_moved, End::closed}) {
    const Remains remains(end);
    CHECK(after(remains, [](const Folder&) {}).found == Found::good);
  }
}

TEST_CASE("a flipped bit anywhere in the WAL never makes a level lower in silence") {
  for (const End end : {End::killed, End::killed_in_next_log, End::killed_when_moved}) {
    const Remains remains(end);
    Anywhere anywhere;
    CAPTURE(anywhere.seed);
    for (const std::size_t place : places_in_wal(remains.wal(), anywhere)) {
      CAPTURE(static_cast<int>(end));
      CAPTURE(place);
      after(remains, [&](const Folder& damaged) { flip_bit(wal_of(damaged.database()), place); });
    }
  }
}

TEST_CASE("a WAL that is cut anywhere never makes a level lower in silence") {
  for (const End end : {End::killed, End::killed_in_next_log, End::killed_when_moved}) {
    const Remains remains(end);
    const std::size_t size = fs::file_size(remains.wal());
    const std::size_t frames = (size - kHeader) / kFrame;
    for (std::size_t frame = 0; frame <= frames; ++frame) {
      const bool at_an_end = frame < 2 || frame + 2 > frames;
      for (const std::size_t rest : {std::size_t{0}, std::size_t{1}, kHeader, kPage}) {
        if (!at_an_end && rest != kHeader) {
          continue;
        }
        const std::size_t length = frame * kFrame + rest;
        CAPTURE(static_cast<int>(end));
        CAPTURE(length);
        after(remains, [&](const Folder& damaged) {
          fs::resize_file(wal_of(damaged.database()), std::min(length, size));
        });
      }
    }
  }
}

TEST_CASE("a WAL that its database does not need is kept beside it, and not read") {
  const Remains remains(End::killed_when_moved);
  const Folder damaged;
  copy_files(remains.folder.path(), damaged.path());
  flip_bit(wal_of(damaged.database()), fs::file_size(remains.wal()) - kPage);
  const std::string wal = read_file(wal_of(damaged.database()));
  CHECK(levels(open_store(options_for(damaged.database())).loaded) == remains.answered);
  CHECK(read_file(damaged.path() / "ebbgate.db.unneeded-20231114T221320Z-wal") == wal);
}

// After a loss of power the lock file may name fewer frames than were answered. Only the last
// transaction can be torn then; damage before it is no tear.
TEST_CASE("damage behind the WAL's first transaction is noticed by the transactions behind it") {
  for (const End end : {End::killed, End::killed_in_next_log}) {
    Remains remains(end);
    write_file(LockFile::path_of(remains.folder.database()), remains.first_lock);
    const std::uint32_t frames = read_wal(remains.wal()).frames;
    // No commit takes more frames than this.
    constexpr std::size_t kOfTwoCommits = 2 * 8;
    REQUIRE(frames > kOfTwoCommits);
    Anywhere anywhere;
    CAPTURE(anywhere.seed);
    for (const std::size_t place : places_in_wal(remains.wal(), anywhere)) {
      if (place < kHeader + (frames - kOfTwoCommits) * kFrame) {
        CAPTURE(place);
        const Outcome outcome = after(
            remains, [&](const Folder& damaged) { flip_bit(wal_of(damaged.database()), place); });
        CHECK(outcome.label == "wal");
      }
    }
  }
}

TEST_CASE("every combination of deleted files is told as the rule says") {
  struct Case {
    End end;
    bool database, wal, lock;  // deleted
    Found found;
    std::string label;
  };
  const std::vector<Case> cases{
      {End::killed, false, false, true, Found::good, ""},
      {End::killed, false, true, false, Found::lost, "wal"},
      {End::killed, false, true, true, Found::lost, "wal"},
      {End::killed, true, false, false, Found::lost, "missing"},
      {End::killed, true, false, true, Found::lost, "missing"},
      {End::killed, true, true, false, Found::lost, "missing"},
      {End::killed, true, true, true, Found::fresh, ""},  // outside the promise
      {End::killed_when_moved, false, false, true, Found::good, ""},
      {End::killed_when_moved, false, true, false, Found::good, ""},
      {End::killed_when_moved, false, true, true, Found::lost, "wal"},
      {End::killed_when_moved, true, false, false, Found::lost, "missing"},
      {End::killed_when_moved, true, false, true, Found::lost, "missing"},
      {End::killed_when_moved, true, true, false, Found::lost, "missing"},
      {End::closed, false, true, false, Found::good, ""},
      {End::closed, false, true, true, Found::lost, "wal"},
      {End::closed, true, true, false, Found::lost, "missing"},
  };
  for (const Case& expected : cases) {
    CAPTURE(static_cast<int>(expected.end));
    CAPTURE(expected.database);
    CAPTURE(expected.wal);
    CAPTURE(expected.lock);
    const Remains remains(expected.end);
    const fs::path database = remains.folder.database();
    for (const auto& [deleted, file] :
         {std::pair(expected.database, database), std::pair(expected.wal, wal_of(database)),
          std::pair(expected.lock, LockFile::path_of(database))}) {
      if (deleted) {
        fs::remove(file);
      }
    }
    const Outcome outcome = outcome_of(remains.folder);
    CHECK(outcome.found == expected.found);
    CHECK(outcome.label == expected.label);
    CHECK(outcome.levels == (expected.found == Found::good ? remains.answered : Levels{}));
    // Told once more, it is still told.
    CHECK(open_store(options_for(database)).loaded.found !=
          (expected.found == Found::lost ? Found::good : Found::lost));
  }
}

TEST_CASE("where only the lock file of a database that was closed is gone, that is what is said") {
  const Remains remains(End::closed);
  const fs::path lock = LockFile::path_of(remains.folder.database());
  fs::remove(lock);
  const StoreOptions options = options_for(remains.folder.database());
  const std::string foretold = inspect_store(options.database).reason;
  CHECK(foretold.starts_with("there was no lock file " + lock.string()));
  CHECK(foretold.find("was not closed cleanly") == std::string::npos);
  CHECK(open_store(options).loaded.reason.starts_with(foretold));
}

TEST_CASE("a flipped bit anywhere in a database that was closed is noticed") {
  const Remains remains(End::closed);
  Anywhere anywhere;
  CAPTURE(anywhere.seed);
  for (const std::size_t place : places_in_database(remains.folder.database(), anywhere)) {
    CAPTURE(place);
    const Folder damaged;
    copy_files(remains.folder.path(), damaged.path());
    flip_bit(damaged.database(), place);
    // A version that is newer than this program's is refused instead.
    try {
      const Outcome outcome = outcome_of(damaged);
      CHECK(outcome.found == Found::lost);
      CHECK(outcome.levels.empty());
    } catch (const CannotOpen& error) {
      CHECK(error.why() == CannotOpen::Why::newer);
      CHECK(place >= 60);
      CHECK(place < 64);
    }
  }
}

TEST_CASE("an older copy of a database, put beside a newer lock file, is noticed") {
  const Remains remains(End::closed);
  const Folder later;
  copy_files(remains.folder.path(), later.path());
  {
    Listener listener;
    StoreThread store(open_store(options_for(later.database())), {});
    store.start(listener);
    REQUIRE(listener.wait_for_commit(store.submit(rows({row("web", 20)}))));
    REQUIRE(store.close(std::chrono::seconds(60)));
  }
  fs::copy_file(remains.folder.database(), later.database(), fs::copy_options::overwrite_existing);
  CHECK(outcome_of(later).label == "corrupt");
}

TEST_CASE("a flipped bit in any line of the lock file is noticed") {
  for (const End end : {End::killed, End::killed_when_moved, End::closed}) {
    const Remains remains(end);
    const fs::path lock = LockFile::path_of(remains.folder.database());
    for (const std::size_t place : places_in_lines(read_file(lock))) {
      CAPTURE(static_cast<int>(end));
      CAPTURE(place);
      const Folder damaged;
      copy_files(remains.folder.path(), damaged.path());
      flip_bit(LockFile::path_of(damaged.database()), place);
      CHECK(outcome_of(damaged).label == "lock");
    }
  }
}

TEST_CASE("a lock file that is cut hides no WAL that was cut") {
  const Remains remains(End::killed);
  for (const std::size_t length :
       places_in_lines(read_file(LockFile::path_of(remains.folder.database())))) {
    CAPTURE(length);
    const Folder damaged;
    copy_files(remains.folder.path(), damaged.path());
    fs::resize_file(LockFile::path_of(damaged.database()), length);
    fs::resize_file(wal_of(damaged.database()), kHeader + 8 * kFrame);
    CHECK(outcome_of(damaged).found == Found::lost);
  }
}

TEST_CASE("what an earlier version's lock file says still holds") {
  for (const End end : {End::killed, End::closed}) {
    const Remains remains(end);
    const fs::path lock = LockFile::path_of(remains.folder.database());
    const std::string text = read_file(lock);
    std::string unchecked = text.substr(0, text.find("\nchecksum: ") + 1);
    unchecked.replace(0, unchecked.find('\n'), "Ebbgate's lock file: neither edit nor remove it.");
    for (const std::string& earlier :
         {unchecked, unchecked.substr(0, unchecked.find("frames: "))}) {
      write_file(lock, earlier);
      const Outcome outcome = outcome_of(remains.folder);
      CHECK(outcome.found == Found::good);
      CHECK(outcome.levels == remains.answered);
    }
  }
}
