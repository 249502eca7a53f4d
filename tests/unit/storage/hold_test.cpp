#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <doctest/doctest.h>

#include "storage/database_hold.h"
#include "storage/inspect.h"
#include "storage/wal.h"
#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

namespace {

/// Runs `look` in a process of its own, as locks do not keep off the process that has them, and
/// tells whether it returned true.
template <class Look>
bool in_another_process(const Look& look) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    bool result = false;
    try {
      result = look();
    } catch (...) {
    }
    ::_exit(result ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool is_refused(const Folder& folder, const std::string& part) {
  try {
    open_store(options_for(folder.database()));
    return false;
  } catch (const DatabaseInUse& error) {
    return std::string(error.what()).find(part) != std::string::npos;
  }
}

unsigned mode_of(const fs::path& file) {
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

/// What a process has created while it had this umask.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }

 private:
  const mode_t before_;
};

}  // namespace

TEST_CASE("without its lock file a database in use is refused, with file and process") {
  const Folder folder;
  const OpenedStore store = open_store(options_for(folder.database()));
  REQUIRE(fs::remove(LockFile::path_of(folder.database())));
  const int pid = ::getpid();
  CHECK(in_another_process([&] {
    return is_refused(folder, "process " + std::to_string(pid)) &&
           is_refused(folder, folder.database().string());
  }));
  // A fresh state may look like a lost one: it was left where it is.
  CHECK(fs::exists(folder.database()));
}

TEST_CASE("the database stays in use when this process opens and closes its file") {
  const Folder folder;
  const OpenedStore store = open_store(options_for(folder.database()));
  REQUIRE(fs::remove(LockFile::path_of(folder.database())));
  read_file(folder.database());
  CHECK(in_another_process([&] { return is_refused(folder, folder.database().string()); }));
}

TEST_CASE("from the start SQLite's own lock keeps other programs off") {
  const Folder folder;
  const OpenedStore store = open_store(options_for(folder.database()));
  const int pid = ::getpid();
  CHECK(in_another_process([&] { return holder_of(folder.database()) == pid; }));
}

TEST_CASE("a database that another program has open is refused, with that process") {
  const Folder folder;
  { open_store(options_for(folder.database())); }
  SQLite::Database other(folder.database().string(), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  const int pid = ::getpid();
  CHECK(in_another_process([&] {
    try {
      open_store(options_for(folder.database()));
      return false;
    } catch (const CannotOpen& error) {
      return std::string(error.what()).find(std::to_string(pid)) != std::string::npos;
    }
  }));
}

TEST_CASE("check tells who has a database open whose lock file was removed") {
  const Folder folder;
  const OpenedStore store = open_store(options_for(folder.database()));
  REQUIRE_FALSE(store.database->write(rows({row("web", 5)})).has_value());
  REQUIRE(fs::remove(LockFile::path_of(folder.database())));
  const int pid = ::getpid();
  CHECK(in_another_process([&] {
    const Inspection found = inspect_store(options_for(folder.database()).database);
    return found.found == Found::good && found.highest_level == 5 && found.in_use &&
           found.holder == pid;
  }));
}

TEST_CASE("a closed store can be opened again") {
  const Folder folder;
  Listener listener;
  StoreThread store(open_store(options_for(folder.database())), {});
  store.start(listener);
  REQUIRE(store.close(std::chrono::seconds(60)));
  CHECK(open_store(options_for(folder.database())).loaded.found == Found::good);
}

TEST_CASE("nobody else may read what the store writes, whatever the umask") {
  for (const mode_t mask : {mode_t{0}, mode_t{0777}, mode_t{022}}) {
    CAPTURE(mask);
    const Folder folder;
    {
      const Umask umask(mask);
      const OpenedStore store = open_store(options_for(folder.database()));
      REQUIRE_FALSE(store.database->write(rows({row("web", 1)})).has_value());
      CHECK(names_in(folder.path()) ==
            std::vector<std::string>{"ebbgate.db", "ebbgate.db-wal", "ebbgate.db.lock"});
      for (const std::string& name : names_in(folder.path())) {
        CAPTURE(name);
        CHECK(mode_of(folder.path() / name) == 0600);
      }
    }
  }
}

TEST_CASE("what others may read is made private at the next start, and so is what is set aside") {
  const Folder folder;
  {
    const OpenedStore store = open_store(options_for(folder.database()));
    REQUIRE_FALSE(store.database->write(rows({row("web", 1)})).has_value());
  }
  const auto open_to_all = [&] {
    for (const std::string& name : names_in(folder.path())) {
      REQUIRE(::chmod((folder.path() / name).c_str(), 0666) == 0);
    }
  };
  const auto all_are_private = [&] {
    for (const std::string& name : names_in(folder.path())) {
      CAPTURE(name);
      CHECK(mode_of(folder.path() / name) == 0600);
    }
  };
  open_to_all();
  { open_store(options_for(folder.database())); }
  all_are_private();
  open_to_all();
  write_file(folder.database(), "no database");
  CHECK(open_store(options_for(folder.database())).loaded.found == Found::lost);
  REQUIRE(names_in(folder.path()).size() > 3);
  all_are_private();
}
