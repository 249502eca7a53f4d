#include "storage/lock_file.h"

#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/storage/support.h"

using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

TEST_CASE("a second process is told file and pid of the first") {
  const Folder folder;
  const LockFile first(folder.database());
  try {
    const LockFile second(folder.database());
    FAIL("both hold the lock");
  } catch (const DatabaseInUse& error) {
    const std::string message = error.what();
    CHECK(message.find(LockFile::path_of(folder.database()).string()) != std::string::npos);
    CHECK(message.find("process " + std::to_string(::getpid())) != std::string::npos);
  }
}

TEST_CASE("the lock is free once its holder is gone, and the file stays") {
  const Folder folder;
  { const LockFile first(folder.database()); }
  CHECK(fs::exists(LockFile::path_of(folder.database())));
  const LockFile second(folder.database());
  CHECK(second.found() == LockState{});
}

TEST_CASE("what was written is found by the next") {
  const Folder folder;
  {
    LockFile lock(folder.database());
    REQUIRE_FALSE(lock.apply({.database_exists = true, .closed_cleanly = false}).has_value());
    REQUIRE_FALSE(lock.mark_lost(1).has_value());
  }
  const LockFile lock(folder.database());
  CHECK(lock.found() == LockState{true, false, true});
}

TEST_CASE("the file keeps its inode and its size for ever") {
  const Folder folder;
  const fs::path path = LockFile::path_of(folder.database());
  LockFile lock(folder.database());
  const auto size = fs::file_size(path);
  const fs::path link = folder.path() / "same";
  fs::create_hard_link(path, link);
  for (const bool value : {true, false, true}) {
    REQUIRE_FALSE(lock.apply({.database_exists = value, .closed_cleanly = !value}).has_value());
    REQUIRE_FALSE(lock.mark_lost(1).has_value());
    CHECK(fs::file_size(path) == size);
    CHECK(read_file(path) == read_file(link));
  }
}

TEST_CASE("nothing is written when nothing changes") {
  const Folder folder;
  int syncs = 0;
  LockFile lock(folder.database(), [&](int) {
    ++syncs;
    return 0;
  });
  REQUIRE_FALSE(lock.apply({.closed_cleanly = false}).has_value());
  const int before = syncs;
  REQUIRE_FALSE(lock.apply({.closed_cleanly = false, .withdraw_marks = 5}).has_value());
  CHECK(syncs == before);
}

TEST_CASE("after a write that failed the next one writes, even if nothing changes") {
  const Folder folder;
  int result = 0;
  int syncs = 0;
  LockFile lock(folder.database(), [&](int) {
    ++syncs;
    return result;
  });
  result = -1;
  CHECK(lock.apply({.closed_cleanly = false}).has_value());
  result = 0;
  const int before = syncs;
  CHECK_FALSE(lock.apply({.closed_cleanly = false}).has_value());
  CHECK(syncs == before + 1);
}

TEST_CASE("a mark that was withdrawn before it came is not set, and a later one is") {
  const Folder folder;
  LockFile lock(folder.database());
  REQUIRE_FALSE(lock.apply({.withdraw_marks = 3}).has_value());
  CHECK(lock.mark_lost(3).has_value());
  CHECK_FALSE(lock.state().marked_lost);
  CHECK_FALSE(lock.mark_lost(4).has_value());
  REQUIRE_FALSE(lock.apply({.withdraw_marks = 3}).has_value());
  CHECK(lock.state().marked_lost);
  REQUIRE_FALSE(lock.apply({.withdraw_marks = 4}).has_value());
  CHECK_FALSE(lock.state().marked_lost);
}

TEST_CASE("reading a lock file tells who holds it and disturbs nobody") {
  const Folder folder;
  CHECK_FALSE(read_lock_file(folder.database()).has_value());
  {
    const LockFile lock(folder.database());
    CHECK(read_lock_file(folder.database()).value().holder == ::getpid());
  }
  CHECK_FALSE(read_lock_file(folder.database()).value().holder.has_value());
  const LockFile again(folder.database());
}

TEST_CASE("people can read the lock file") {
  const Folder folder;
  const LockFile lock(folder.database());
  const std::string content = read_file(LockFile::path_of(folder.database()));
  CHECK(content.find("pid: " + std::to_string(::getpid())) != std::string::npos);
  CHECK(content.find("closed cleanly: yes\n") != std::string::npos);
}
