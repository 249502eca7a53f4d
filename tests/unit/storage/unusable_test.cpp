#include "storage/unusable.h"

#include <sys/stat.h>

#include <doctest/doctest.h>

#include "storage/database_copy.h"
#include "storage/inspect.h"
#include "storage/wal.h"
#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

namespace {

template <class Call>
std::string refusal_of(const Call& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// Every use of the database is refused, in the same words, and leaves the folder as it is.
void check_refused(const Folder& folder, const std::string& message) {
  const auto before = names_in(folder.path());
  const StoreOptions options = options_for(folder.database());
  CHECK(refusal_of([&] { open_store(options); }) == message);
  CHECK(refusal_of([&] { inspect_store(options.database); }) == message);
  CHECK(refusal_of([&] { copy_database(options.database, folder.path() / "copy.db", false); }) ==
        message);
  CHECK(names_in(folder.path()) == before);
}

}  // namespace

TEST_CASE("a pipe or a folder at a name of the store's is told, and never waited for") {
  for (const char* ending : {"-wal", "-journal", ".lock"}) {
    CAPTURE(ending);
    const Folder folder;
    { open_store(options_for(folder.database())); }
    const fs::path file = with_ending(folder.database(), ending);
    const std::string message = file.string() +
                                " is no regular file: remove it, or name another file in "
                                "`database`";
    fs::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    check_refused(folder, message);
    fs::remove(file);
    fs::create_directory(file);
    check_refused(folder, message);
  }
}

TEST_CASE("a symbolic link at a name of the store's is told, and what it leads to stays as it is") {
  for (const bool with_database : {false, true}) {
    for (const char* ending : {"-wal", "-journal", "-shm", ".lock", ".lock.new"}) {
      CAPTURE(ending);
      const Folder folder;
      const Folder elsewhere;
      if (with_database) {
        open_store(options_for(folder.database()));
      }
      const fs::path file = with_ending(folder.database(), ending);
      const fs::path victim = elsewhere.path() / "victim";
      const std::string message = file.string() +
                                  " is a symbolic link, and Ebbgate follows none to a file of its "
                                  "own: remove it, or name another file in `database`";
      fs::remove(file);
      fs::create_symlink(victim, file);
      check_refused(folder, message);
      CHECK_FALSE(fs::exists(victim));
      write_file(victim, "");
      fs::permissions(victim, fs::perms(0644));
      check_refused(folder, message);
      CHECK(read_file(victim).empty());
      CHECK(fs::status(victim).permissions() == fs::perms(0644));
    }
  }
}

TEST_CASE("somebody else's file at the name of the lock file is told, and stays as it is") {
  for (const bool with_database : {false, true}) {
    for (const char* ending : {".lock", ".lock.new"}) {
      CAPTURE(ending);
      const Folder folder;
      if (with_database) {
        open_store(options_for(folder.database()));
      }
      const fs::path file = with_ending(folder.database(), ending);
      write_file(file, "# yarn lockfile v1\n");
      fs::permissions(file, fs::perms(0644));
      check_refused(folder, file.string() +
                                " has the name of Ebbgate's lock file and is none, so it is left "
                                "as it is: name another file in `database`, or remove it");
      CHECK(read_file(file) == "# yarn lockfile v1\n");
      CHECK(fs::status(file).permissions() == fs::perms(0644));
    }
  }
}

TEST_CASE("the mode of what a link with a name of ours leads to stays as it is") {
  const Folder folder;
  { open_store(options_for(folder.database())); }
  const fs::path victim = folder.path() / "victim";
  write_file(victim, "");
  fs::permissions(victim, fs::perms(0644));
  fs::create_symlink(victim, folder.path() / "ebbgate.db.lost-1");
  { open_store(options_for(folder.database())); }
  CHECK(fs::status(victim).permissions() == fs::perms(0644));
}

TEST_CASE("a database that is a link is opened, and becomes private") {
  const Folder folder;
  const Folder elsewhere;
  const fs::path real = elsewhere.path() / "real.db";
  { open_store(options_for(real)); }
  fs::permissions(real, fs::perms(0644));
  fs::create_symlink(real, folder.database());
  { open_store(options_for(folder.database())); }
  CHECK(fs::status(real).permissions() == fs::perms(0600));
}

TEST_CASE("a file that is larger than any state is told, and not copied") {
  const Folder folder;
  { open_store(options_for(folder.database())); }
  for (const fs::path& file : {folder.database(), wal_of(folder.database())}) {
    const auto size = fs::exists(file) ? fs::file_size(file) : 0;
    write_file(file, read_file(file));
    fs::resize_file(file, std::uintmax_t{1} << 40U);
    check_refused(folder, file.string() +
                              " has 1024 GiB, and Ebbgate's state never has more than 16 GiB: "
                              "put a backup in its place, or name another file in `database`");
    fs::resize_file(file, size);
  }
}

TEST_CASE("opening what is no regular file never waits") {
  const Folder folder;
  const fs::path pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_AS(first_bytes_of(pipe, 10), NoRegularFile);
  CHECK_THROWS_AS(digest_of_file(pipe), NoRegularFile);
  CHECK_THROWS_AS(read_wal(pipe), NoRegularFile);
  CHECK_THROWS_AS(copy_content(pipe, pipe), NoRegularFile);
  CHECK_THROWS_AS(first_bytes_of(folder.path(), 10), NoRegularFile);
}
