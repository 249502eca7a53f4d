// What `database` may name by mistake: it is refused, whoever looks at it, and stays as it is.
#include <sys/stat.h>

#include <functional>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>

#include "storage/database_copy.h"
#include "storage/inspect.h"
#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

namespace {

/// Names, contents and modes of all that is in a folder.
using Picture = std::map<std::string, std::pair<std::string, unsigned>>;

Picture picture_of(const fs::path& folder) {
  Picture picture;
  for (const std::string& name : names_in(folder)) {
    struct stat status {};
    REQUIRE(::lstat((folder / name).c_str(), &status) == 0);
    picture[name] = {S_ISREG(status.st_mode) ? read_file(folder / name) : "", status.st_mode};
  }
  return picture;
}

void check_refused(const std::function<void()>& look, const std::string& message) {
  try {
    look();
    FAIL("it was not refused");
  } catch (const CannotOpen& failure) {
    CHECK(failure.why() == CannotOpen::Why::misnamed);
    CHECK(failure.what() == message);
  }
}

/// A start, `check` and `backup` say `message`, twice, and change nothing in `folder`.
void check_misnamed(const fs::path& database, const fs::path& folder, const std::string& message) {
  const Folder elsewhere;
  const StoreOptions options = options_for(database);
  const Picture before = picture_of(folder);
  for (int attempt = 0; attempt < 2; ++attempt) {
    check_refused([&] { open_store(options); }, message);
    check_refused([&] { inspect_store(options.database); }, message);
    check_refused([&] { copy_database(options.database, elsewhere.database(), false); }, message);
    CHECK(picture_of(folder) == before);
    CHECK(names_in(elsewhere.path()).empty());
  }
}

std::string no_database(const fs::path& file) {
  return file.string() + " is no Ebbgate database: name another file in `database`";
}

fs::path made_by_sqlite(const fs::path& file, const std::string& statements) {
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(statements);
  return file;
}

}  // namespace

TEST_CASE("a file that is no database, and has no lock file of ours, is refused and left alone") {
  for (const std::string& content : {std::string("hello\n"), std::string(10000, 'x')}) {
    CAPTURE(content.size());
    const Folder folder;
    const fs::path file = folder.path() / "greeting.txt";
    write_file(file, content);
    write_file(folder.path() / "greeting.txt.bak", content);
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    check_misnamed(file, folder.path(), no_database(file));
    // Some programs have lock files of that name, too.
    write_file(LockFile::path_of(file), "1234\n");
    check_misnamed(file, folder.path(), no_database(file));
  }
}

TEST_CASE("another program's database is refused and left alone, whatever it is like") {
  for (const std::string& statements :
       {std::string("CREATE TABLE theirs (x)"), std::string("PRAGMA application_id = 7"),
        std::string("PRAGMA user_version = 7"), std::string("PRAGMA journal_mode = WAL"),
        std::string("PRAGMA journal_mode = WAL; CREATE TABLE theirs (x)")}) {
    CAPTURE(statements);
    const Folder folder;
    made_by_sqlite(folder.database(), statements);
    write_file(folder.path() / "ebbgate.db.bak", "");
    REQUIRE(::chmod(folder.database().c_str(), 0644) == 0);
    check_misnamed(folder.database(), folder.path(), no_database(folder.database()));
  }
}

TEST_CASE("a database that SQLite made and nobody filled is taken") {
  const Folder folder;
  made_by_sqlite(folder.database(), "PRAGMA user_version = 1; PRAGMA user_version = 0");
  REQUIRE(fs::file_size(folder.database()) > 0);
  CHECK(inspect_store(options_for(folder.database()).database).found == Found::fresh);
  CHECK(open_store(options_for(folder.database())).loaded.found == Found::fresh);
}

TEST_CASE("a folder that is named as the database is refused") {
  const Folder folder;
  const std::string named = folder.path().string();
  check_misnamed(
      folder.path(), folder.path(),
      named + " is a folder: name a file in `database`, such as " + named + "/ebbgate.db");
}

TEST_CASE("a folder where there was a database is no reason to begin another one") {
  const Folder folder;
  { open_store(options_for(folder.database())); }
  fs::remove(folder.database());
  fs::create_directory(folder.database());
  const std::string named = folder.database().string();
  check_misnamed(folder.database(), folder.path(),
                 named + " is a folder, and Ebbgate's lock file lies beside it: move " + named +
                     " away, or remove it, so that the next start finds out what was lost");
  fs::remove(folder.database());
  CHECK(open_store(options_for(folder.database())).loaded.reason_label == "missing");
}

TEST_CASE("a database in a folder that does not exist is refused") {
  const Folder folder;
  const fs::path nowhere = folder.path() / "none";
  check_misnamed(nowhere / "x.db", folder.path(),
                 "the folder " + nowhere.string() +
                     " does not exist: create it, or name another file in `database`");
  write_file(nowhere, "");
  check_misnamed(nowhere / "x.db", folder.path(),
                 nowhere.string() + " is no folder: name another file in `database`");
}

TEST_CASE("a pipe that is named as the database is refused and not opened") {
  const Folder folder;
  REQUIRE(::mkfifo(folder.database().c_str(), 0600) == 0);
  check_misnamed(
      folder.database(), folder.path(),
      folder.database().string() + " is no regular file: name another file in `database`");
}

TEST_CASE("what is ours by its lock file is lost when it is no database any more") {
  const Folder folder;
  { open_store(options_for(folder.database())); }
  write_file(folder.database(), "hello\n");
  CHECK(inspect_store(options_for(folder.database()).database).found == Found::lost);
  CHECK(open_store(options_for(folder.database())).loaded.found == Found::lost);
}

TEST_CASE("files beside the database that are not its own keep their modes") {
  const Folder folder;
  const fs::path database = folder.path() / "ebbgate";
  const std::vector<std::string> theirs{"ebbgate.yaml", "ebbgate-notes", "ebbgate.d"};
  for (const std::string& name : theirs) {
    write_file(folder.path() / name, "");
    REQUIRE(::chmod((folder.path() / name).c_str(), 0644) == 0);
  }
  { open_store(options_for(database)); }
  for (const std::string& name : theirs) {
    CAPTURE(name);
    CHECK(picture_of(folder.path()).at(name).second == (S_IFREG | 0644U));
  }
}
