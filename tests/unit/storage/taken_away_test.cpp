// Files that somebody removes or replaces while they are in use.
#include <fcntl.h>
#include <sys/file.h>

#include <doctest/doctest.h>

#include "storage/wal.h"
#include "tests/unit/storage/fault_vfs.h"
#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

namespace {

using Levels = std::map<std::string, int>;

/// A store at work, which has answered one batch.
struct AtWork {
  explicit AtWork(StoreThreadOptions options = {}, const std::string& vfs = "")
      : store(open_store(with(vfs)), options, &listener) {
    store.start(listener);
    commit("web", 5);
  }
  StoreOptions with(const std::string& vfs) const {
    StoreOptions options = options_for(folder.database());
    options.database.vfs = vfs;
    return options;
  }
  void commit(const std::string& name, int level) {
    REQUIRE(listener.wait_for_commit(store.submit(rows({row(name, level)}))));
  }
  std::vector<fs::path> files() const {
    return {folder.database(), wal_of(folder.database()), LockFile::path_of(folder.database())};
  }

  Folder folder;
  Listener listener;
  StoreThread store;
};

Loaded after_kill(const Folder& folder) {
  const Folder copy;
  copy_files(folder.path(), copy.path());
  return open_store(options_for(copy.database())).loaded;
}

void check_good(const Loaded& loaded, const Levels& expected) {
  CAPTURE(loaded.reason);
  CHECK(loaded.found == Found::good);
  CHECK(levels(loaded) == expected);
}

StoreThreadOptions looking_often() {
  StoreThreadOptions options;
  options.look_every = std::chrono::milliseconds(1);
  return options;
}

std::size_t replaced_files_in(const fs::path& folder) {
  const auto names = names_in(folder);
  return static_cast<std::size_t>(std::ranges::count_if(
      names, [](const std::string& name) { return name.find(".replaced-") != std::string::npos; }));
}

}  // namespace

TEST_CASE("whichever files are removed, the next commit writes all of the state anew") {
  for (unsigned removed = 1; removed < 8; ++removed) {
    CAPTURE(removed);
    AtWork work;
    const std::vector<fs::path> files = work.files();
    for (unsigned i = 0; i < files.size(); ++i) {
      if ((removed >> i & 1U) != 0) {
        REQUIRE(fs::remove(files[i]));
      }
    }
    work.commit("api", 2);
    CHECK(work.listener.restored().size() == 1);
    CHECK(work.listener.failures().empty());
    check_good(after_kill(work.folder), {{"web", 5}, {"api", 2}});
    work.commit("api", 3);
    check_good(after_kill(work.folder), {{"web", 5}, {"api", 3}});
    REQUIRE(work.store.close(std::chrono::seconds(60)));
    check_good(after_kill(work.folder), {{"web", 5}, {"api", 3}});
    CHECK(work.listener.restored().size() == 1);
  }
}

TEST_CASE(
    "files that are removed in the middle of a commit leave no mark once they are written anew") {
  FaultVfs vfs;
  AtWork work({}, vfs.name());
  vfs.set_hanging(true);
  work.store.submit(rows({row("api", 2)}));
  REQUIRE(vfs.wait_until_it_hangs());
  for (const fs::path& file : work.files()) {
    REQUIRE(fs::remove(file));
  }
  vfs.set_hanging(false);
  REQUIRE(work.listener.wait_for_commit(2));
  CHECK(work.listener.failures().size() == 1);
  check_good(after_kill(work.folder), {{"web", 5}, {"api", 2}});
}

TEST_CASE("files that are removed while nothing is committed are noticed, and named") {
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    AtWork work(looking_often());
    REQUIRE(fs::remove(work.files()[i]));
    REQUIRE(work.listener.wait_for_restored(1));
    CHECK(work.listener.restored().at(0).starts_with(work.files()[i].string() + " was removed"));
    check_good(after_kill(work.folder), {{"web", 5}});
  }
}

TEST_CASE("files that are removed are written anew at the end, too") {
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    AtWork work;
    REQUIRE(fs::remove(work.files()[i]));
    REQUIRE(work.store.close(std::chrono::seconds(60)));
    check_good(after_kill(work.folder), {{"web", 5}});
  }
}

TEST_CASE("an older database that replaces the one in use is set aside, and never believed") {
  const Folder older;
  AtWork work;
  copy_files(work.folder.path(), older.path());
  work.commit("web", 9);
  const fs::path draft = work.folder.path() / "draft";
  fs::copy_file(older.database(), draft);
  fs::rename(draft, work.folder.database());
  work.commit("api", 2);
  CHECK(work.listener.restored().size() == 1);
  CHECK(replaced_files_in(work.folder.path()) == 2);  // with the WAL
  check_good(after_kill(work.folder), {{"web", 9}, {"api", 2}});
}

TEST_CASE("a lock file that another process holds is left to it, and nothing is answered") {
  AtWork work;
  const fs::path path = LockFile::path_of(work.folder.database());
  REQUIRE(fs::remove(path));
  REQUIRE(fs::remove(work.folder.database()));
  write_file(path, "Ebbgate's lock file, of another process");
  {
    const Descriptor other(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    work.store.submit(rows({row("api", 2)}));
    REQUIRE(work.listener.wait_for_failures(1));
    CHECK(work.listener.failures().at(0).find("another process holds") != std::string::npos);
    work.store.mark_lost();
    REQUIRE(work.listener.wait_for_marks(1));
    CHECK(work.listener.marks() == std::vector<bool>{false});
    CHECK(read_file(path) == "Ebbgate's lock file, of another process");
    CHECK_FALSE(fs::exists(work.folder.database()));
  }
  REQUIRE(work.listener.wait_for_commit(2));
  check_good(after_kill(work.folder), {{"web", 5}, {"api", 2}});
}

TEST_CASE("where the state cannot be written anew, a start finds it lost until it was") {
  FaultVfs vfs;
  AtWork work({}, vfs.name());
  vfs.set_full(true);
  REQUIRE(fs::remove(wal_of(work.folder.database())));
  work.store.submit(rows({row("api", 2)}));
  REQUIRE(work.listener.wait_for_failures(2));
  CHECK(work.listener.failures().at(0).find("disk is full") != std::string::npos);
  CHECK(after_kill(work.folder).reason_label == "marked");
  CHECK(replaced_files_in(work.folder.path()) == 0);
  vfs.set_full(false);
  REQUIRE(work.listener.wait_for_commit(2));
  check_good(after_kill(work.folder), {{"web", 5}, {"api", 2}});
}

TEST_CASE("files that are replaced again and again do not fill the disk") {
  AtWork work;
  const std::string beginning = work.folder.database().string() + ".replaced-";
  for (int number = 0; number < 32; ++number) {
    write_file(beginning + std::to_string(number), "");
  }
  REQUIRE(fs::remove(work.folder.database()));
  work.store.submit(rows({row("api", 2)}));
  REQUIRE(work.listener.wait_for_failures(1));
  CHECK(work.listener.failures().at(0).find("remove " + beginning + "*") != std::string::npos);
  CHECK(after_kill(work.folder).reason_label == "marked");
  fs::remove(beginning + "7");
  REQUIRE(work.listener.wait_for_commit(2));
  check_good(after_kill(work.folder), {{"web", 5}, {"api", 2}});
}

TEST_CASE("a folder that is moved away and comes back costs nothing") {
  AtWork work(looking_often());
  const fs::path away = work.folder.path().string() + "-away";
  fs::rename(work.folder.path(), away);
  REQUIRE(work.listener.wait_for_failures(1));
  fs::rename(away, work.folder.path());
  work.commit("api", 2);
  CHECK(work.listener.restored().empty());
  check_good(after_kill(work.folder), {{"web", 5}, {"api", 2}});
}
