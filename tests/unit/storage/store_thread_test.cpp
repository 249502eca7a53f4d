// Long because everything that the store's thread answers to is tried in one place.
#include "storage/store_thread.h"

#include <unistd.h>

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "storage/files.h"
#include "storage/wal.h"
#include "tests/unit/storage/fault_vfs.h"
#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;
using namespace std::chrono_literals;

namespace {

Loaded look(const fs::path& database) {
  return open_store(options_for(database)).loaded;
}

LockState lock_state(const Folder& folder) {
  return read_lock_file(folder.database()).value().state;
}

/// A store over a file system with faults.
struct FaultyStore {
  explicit FaultyStore(StoreThreadOptions thread_options = {}, LockFile::Sync lock_sync = nullptr) {
    StoreOptions options = options_for(folder.database());
    options.database.vfs = vfs.name();
    options.lock_sync = std::move(lock_sync);
    thread_options.retry_base = 1ms;
    store = std::make_unique<StoreThread>(open_store(options), thread_options, &listener);
    store->start(listener);
  }
  /// After close() gave up: waits until the thread that was left behind has let go of everything.
  void wait_until_let_go() {
    for (int attempt = 0; attempt < 3000; ++attempt) {
      try {
        const LockFile lock(folder.database());
        return;
      } catch (const DatabaseInUse&) {
        std::this_thread::sleep_for(10ms);
      }
    }
    FAIL("the abandoned thread never ended");
  }

  Folder folder;
  FaultVfs vfs;
  Listener listener;
  std::unique_ptr<StoreThread> store;
};

/// A ::fdatasync() that can be made to fail or to hang.
class LockSync {
 public:
  LockFile::Sync function() {
    return [this](int file) {
      const MutexLock lock(mutex_);
      ++calls_;
      while (hanging_) {
        changed_.wait(mutex_);
      }
      return failing_ ? -1 : ::fdatasync(file);
    };
  }
  void set_failing(bool failing) {
    const MutexLock lock(mutex_);
    failing_ = failing;
  }
  void set_hanging(bool hanging) {
    const MutexLock lock(mutex_);
    hanging_ = hanging;
    changed_.notify_all();
  }
  int calls() {
    const MutexLock lock(mutex_);
    return calls_;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  int calls_ EBBGATE_GUARDED_BY(mutex_) = 0;
  bool failing_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool hanging_ EBBGATE_GUARDED_BY(mutex_) = false;
};

}  // namespace

TEST_CASE("batches that come while a commit is under way gather into one") {
  FaultyStore faulty;
  faulty.vfs.set_hanging(true);
  faulty.store->submit(rows({row("web", 1)}));
  REQUIRE(faulty.vfs.wait_until_it_hangs());
  Sequence last = 0;
  for (int level = 2; level <= 60; ++level) {
    last = faulty.store->submit(rows({row("web", level), row("api", 1)}));
  }
  CHECK(faulty.listener.committed() == 0);
  faulty.vfs.set_hanging(false);
  REQUIRE(faulty.listener.wait_for_commit(last));
  CHECK(faulty.listener.commits() == 2);
  REQUIRE(faulty.store->close(60s));
  CHECK(levels(look(faulty.folder.database())) ==
        std::map<std::string, int>{{"api", 1}, {"web", 60}});
}

TEST_CASE("what may wait for more waits, but not the first commit, nor a question, nor the end") {
  StoreThreadOptions options;
  options.gather = 1h;
  FaultyStore faulty(options);
  REQUIRE(faulty.listener.wait_for_commit(faulty.store->submit(rows({row("web", 1)}))));
  for (int level = 2; level <= 60; ++level) {
    faulty.store->submit(rows({row("web", level)}));
  }
  CHECK(faulty.listener.commits() == 1);
  faulty.store->history(std::nullopt, 1).wait();
  CHECK(faulty.listener.commits() == 2);
  CHECK(faulty.store->wait_committed(faulty.store->submit(rows({row("web", 60)})), 60s));
  CHECK(faulty.listener.commits() == 3);
  faulty.store->submit(rows({row("web", 61)}));
  REQUIRE(faulty.store->close(60s));
  CHECK(faulty.listener.commits() == 4);
  CHECK(levels(look(faulty.folder.database())) == std::map<std::string, int>{{"web", 61}});
}

TEST_CASE("what has waited long enough for more is committed") {
  StoreThreadOptions options;
  options.gather = 5ms;
  FaultyStore faulty(options);
  for (int level = 1; level <= 3; ++level) {
    const Sequence sequence = faulty.store->submit(rows({row("web", level)}));
    REQUIRE(faulty.listener.wait_for_commit(sequence));
  }
  CHECK(faulty.listener.commits() == 3);
}

TEST_CASE("batches submitted before the start are committed after it") {
  const Folder folder;
  Listener listener;
  StoreThread store(open_store(options_for(folder.database())), {});
  const Sequence sequence = store.submit(rows({row("web", 2)}));
  store.start(listener);
  CHECK(listener.wait_for_commit(sequence));
}

TEST_CASE("an empty batch is answered too") {
  FaultyStore faulty;
  CHECK(faulty.listener.wait_for_commit(faulty.store->submit({})));
}

TEST_CASE("on a full disk the commit fails, the rows are kept, and it succeeds by itself later") {
  FaultyStore faulty;
  REQUIRE(faulty.listener.wait_for_commit(faulty.store->submit(rows({row("web", 1)}))));
  faulty.vfs.set_full(true);
  Batch batch = rows({row("web", 2)});
  batch.history.push_back(entry("web", 2));
  faulty.store->submit(batch);
  REQUIRE(faulty.listener.wait_for_failures(3));
  CHECK(faulty.listener.failures().front().find("full") != std::string::npos);
  const Sequence last = faulty.store->submit(rows({row("api", 7)}));
  CHECK(faulty.listener.committed() == 1);
  faulty.vfs.set_full(false);
  REQUIRE(faulty.listener.wait_for_commit(last));
  CHECK(faulty.store->history(std::nullopt, 10).get().value().size() == 1);
  REQUIRE(faulty.store->close(60s));
  CHECK(levels(look(faulty.folder.database())) ==
        std::map<std::string, int>{{"api", 7}, {"web", 2}});
}

TEST_CASE("a newer row replaces one whose commit failed") {
  FaultyStore faulty;
  faulty.vfs.set_sync_fails(true);
  faulty.store->submit(rows({row("web", 1), row("gone", 1)}));
  REQUIRE(faulty.listener.wait_for_failures(1));
  Batch batch = rows({row("web", 2)});
  batch.removed.push_back(key("gone"));
  const Sequence last = faulty.store->submit(batch);
  faulty.vfs.set_sync_fails(false);
  REQUIRE(faulty.listener.wait_for_commit(last));
  REQUIRE(faulty.store->close(60s));
  CHECK(levels(look(faulty.folder.database())) == std::map<std::string, int>{{"web", 2}});
}

TEST_CASE("a disk that hangs keeps neither the mark nor the end waiting") {
  FaultyStore faulty;
  faulty.vfs.set_hanging(true);
  faulty.store->submit(rows({row("web", 1)}));
  REQUIRE(faulty.vfs.wait_until_it_hangs());
  faulty.store->mark_lost();
  REQUIRE(faulty.listener.wait_for_marks(1));
  CHECK(faulty.listener.marks() == std::vector<bool>{true});
  CHECK(lock_state(faulty.folder).marked_lost);
  CHECK_FALSE(faulty.store->close(50ms));
  faulty.store.reset();
  const Folder exited;
  copy_files(faulty.folder.path(), exited.path());
  CHECK(look(exited.database()).reason_label == "marked");
  faulty.vfs.set_hanging(false);
  faulty.wait_until_let_go();
  CHECK(faulty.listener.committed() == 0);
  // In the end the disk took it all the same.
  CHECK(levels(look(faulty.folder.database())) == std::map<std::string, int>{{"web", 1}});
}

TEST_CASE("a mark that the disk does not take is answered in time") {
  LockSync sync;
  StoreThreadOptions options;
  options.mark_limit = 50ms;
  FaultyStore faulty(options, sync.function());
  sync.set_hanging(true);
  faulty.store->mark_lost();
  REQUIRE(faulty.listener.wait_for_marks(1));
  CHECK(faulty.listener.marks() == std::vector<bool>{false});
  faulty.store->mark_lost();
  REQUIRE(faulty.listener.wait_for_marks(2));
  CHECK(faulty.listener.marks() == std::vector<bool>{false, false});
  sync.set_hanging(false);
  faulty.store->mark_lost();
  REQUIRE(faulty.listener.wait_for_marks(3));
  CHECK(faulty.listener.marks().back());
}

TEST_CASE("a mark that cannot be written is answered with no") {
  LockSync sync;
  FaultyStore faulty({}, sync.function());
  sync.set_failing(true);
  faulty.store->mark_lost();
  REQUIRE(faulty.listener.wait_for_marks(1));
  CHECK(faulty.listener.marks() == std::vector<bool>{false});
}

TEST_CASE("the next good commit takes the mark away before it is answered") {
  FaultyStore faulty;
  faulty.store->mark_lost();
  REQUIRE(faulty.listener.wait_for_marks(1));
  CHECK(lock_state(faulty.folder).marked_lost);
  REQUIRE(faulty.listener.wait_for_commit(faulty.store->submit(rows({row("web", 1)}))));
  CHECK_FALSE(lock_state(faulty.folder).marked_lost);
}

TEST_CASE("a mark stays while something submitted under it is not durable") {
  class Watch final : public StateStoreListener {
   public:
    Watch(const fs::path& database, Listener& next) : database_(database), next_(next) {}
    void committed(Sequence sequence) override {
      marked_at[sequence] = read_lock_file(database_).value().state.marked_lost;
      next_.committed(sequence);
    }
    void commit_failed(const std::string& error) override { next_.commit_failed(error); }
    void marked_lost(bool durable) override { next_.marked_lost(durable); }
    std::map<Sequence, bool> marked_at;

   private:
    const fs::path database_;
    Listener& next_;
  };
  const Folder folder;
  FaultVfs vfs;
  StoreOptions options = options_for(folder.database());
  options.database.vfs = vfs.name();
  Listener listener;
  StoreThread store(open_store(options), {});
  Watch watch(folder.database(), listener);
  store.start(watch);
  vfs.set_hanging(true);
  store.submit(rows({row("web", 1)}));
  REQUIRE(vfs.wait_until_it_hangs());
  store.mark_lost();
  REQUIRE(listener.wait_for_marks(1));
  // An update that is sent on the strength of the mark: the first commit does not hold it.
  store.submit(rows({row("web", 2)}));
  vfs.set_hanging(false);
  REQUIRE(listener.wait_for_commit(2));
  REQUIRE(store.close(60s));
  CHECK(watch.marked_at == std::map<Sequence, bool>{{1, true}, {2, false}});
}

TEST_CASE("the lock file asks for the WAL from the answer to the first commit on") {
  FaultyStore faulty;
  CHECK(lock_state(faulty.folder) == LockState{true, true, false});
  std::uint32_t before = 0;
  for (int level = 1; level < 4; ++level) {
    REQUIRE(faulty.listener.wait_for_commit(faulty.store->submit(rows({row("web", level)}))));
    const std::uint32_t frames = read_wal(wal_of(faulty.folder.database())).frames;
    CHECK(frames > before);
    CHECK(lock_state(faulty.folder) == LockState{true, false, false, frames});
    before = frames;
  }
  REQUIRE(faulty.store->close(60s));
  const Digest digest = digest_of_file(faulty.folder.database());
  CHECK(lock_state(faulty.folder) == LockState{true, true, false, 0, digest});
}

TEST_CASE("a commit is not answered before the lock file is written") {
  LockSync sync;
  FaultyStore faulty({}, sync.function());
  sync.set_failing(true);
  const Sequence sequence = faulty.store->submit(rows({row("web", 1)}));
  REQUIRE(faulty.listener.wait_for_failures(2));
  CHECK(faulty.listener.committed() == 0);
  sync.set_failing(false);
  CHECK(faulty.listener.wait_for_commit(sequence));
}

TEST_CASE("ordinary commits do not sync the lock file") {
  LockSync sync;
  FaultyStore faulty({}, sync.function());
  REQUIRE(faulty.listener.wait_for_commit(faulty.store->submit(rows({row("web", 1)}))));
  const int calls = sync.calls();
  for (int level = 2; level < 40; ++level) {
    REQUIRE(faulty.listener.wait_for_commit(faulty.store->submit(rows({row("web", level)}))));
  }
  CHECK(sync.calls() == calls);
}

TEST_CASE("across checkpoints a crash loses nothing, and a lost WAL that mattered is noticed") {
  StoreThreadOptions options;
  options.checkpoint_pages = 5;
  FaultyStore faulty(options);
  int noticed = 0;
  int not_needed = 0;
  for (int level = 1; level <= 60; ++level) {
    CAPTURE(level);
    REQUIRE(faulty.listener.wait_for_commit(faulty.store->submit(rows({row("web", level)}))));
    // Answered after a checkpoint that was due, so that nothing changes while files are copied.
    REQUIRE(faulty.store->history(std::nullopt, 1).get().has_value());
    const Folder crashed;
    copy_files(faulty.folder.path(), crashed.path());
    const Folder without_wal;
    copy_files(faulty.folder.path(), without_wal.path());
    fs::remove(wal_of(without_wal.database()));
    const Loaded loaded = look(crashed.database());
    CHECK(loaded.found == Found::good);
    CHECK(levels(loaded)["web"] == level);
    const Loaded cut = look(without_wal.database());
    if (cut.found == Found::lost) {
      ++noticed;
    } else {
      CHECK(levels(cut)["web"] == level);
      ++not_needed;
    }
  }
  CHECK(noticed > 10);
  CHECK(not_needed > 5);
  CHECK(faulty.listener.checkpoint_failures().empty());
}

TEST_CASE("a checkpoint that fails loses nothing and is made up for") {
  StoreThreadOptions options;
  options.checkpoint_pages = 3;
  FaultyStore faulty(options);
  const auto commit = [&](int level) {
    CAPTURE(level);
    REQUIRE(faulty.listener.wait_for_commit(faulty.store->submit(rows({row("web", level)}))));
    REQUIRE(faulty.store->history(std::nullopt, 1).get().has_value());
  };
  faulty.vfs.set_checkpoints_fail(true);
  for (int level = 1; level <= 20; ++level) {
    commit(level);
  }
  CHECK(faulty.listener.checkpoint_failures().size() > 10);
  CHECK(faulty.listener.failures().empty());
  CHECK_FALSE(lock_state(faulty.folder).closed_cleanly);
  faulty.vfs.set_checkpoints_fail(false);
  commit(21);
  CHECK(lock_state(faulty.folder).closed_cleanly);
  REQUIRE(faulty.store->close(60s));
  CHECK(levels(look(faulty.folder.database())) == std::map<std::string, int>{{"web", 21}});
}

TEST_CASE("an end whose checkpoint fails says so and loses nothing") {
  FaultyStore faulty;
  faulty.store->submit(rows({row("web", 3)}));
  faulty.vfs.set_checkpoints_fail(true);
  CHECK_FALSE(faulty.store->close(60s));
  CHECK(faulty.listener.committed() == 1);
  const Loaded loaded = look(faulty.folder.database());
  CHECK(loaded.found == Found::good);
  CHECK(levels(loaded) == std::map<std::string, int>{{"web", 3}});
}

TEST_CASE("whoever waits for a commit hears when it is on disk") {
  FaultyStore faulty;
  const Sequence sequence = faulty.store->submit(messages({message("sidecar", 1)}));
  CHECK(faulty.store->wait_committed(sequence, 60s));
  CHECK(faulty.store->wait_committed(sequence, 0s));
  const Folder crashed;
  copy_files(faulty.folder.path(), crashed.path());
  CHECK(look(crashed.database()).feedback == std::vector<FeedbackRow>{message("sidecar", 1)});
}

TEST_CASE("whoever waits for a commit on a disk that hangs waits no longer than wanted") {
  FaultyStore faulty;
  faulty.vfs.set_hanging(true);
  const Sequence sequence = faulty.store->submit(messages({message("sidecar", 1)}));
  REQUIRE(faulty.vfs.wait_until_it_hangs());
  CHECK_FALSE(faulty.store->wait_committed(sequence, 10ms));
  faulty.vfs.set_hanging(false);
  CHECK(faulty.store->wait_committed(sequence, 60s));
}

TEST_CASE("whoever waits for a commit hears at once when one fails") {
  FaultyStore faulty;
  faulty.vfs.set_hanging(true);
  faulty.vfs.set_sync_fails(true);
  const Sequence sequence = faulty.store->submit(messages({message("sidecar", 1)}));
  REQUIRE(faulty.vfs.wait_until_it_hangs());
  std::thread mender([&] {
    // Most likely after the wait below began; where not, that one sees the next failure.
    faulty.vfs.set_hanging(false);
  });
  CHECK_FALSE(faulty.store->wait_committed(sequence, 10min));
  mender.join();
  faulty.vfs.set_sync_fails(false);
  CHECK(faulty.listener.wait_for_commit(sequence));
  CHECK(faulty.store->wait_committed(sequence, 0s));
}

TEST_CASE("nobody waits for the commits of a store that is closed or was given up") {
  FaultyStore closed;
  REQUIRE(closed.store->close(60s));
  CHECK_FALSE(closed.store->wait_committed(closed.store->submit({}), 10min));
  FaultyStore hanging;
  hanging.vfs.set_hanging(true);
  const Sequence sequence = hanging.store->submit(messages({message("sidecar", 1)}));
  REQUIRE(hanging.vfs.wait_until_it_hangs());
  std::thread closer([&] { CHECK_FALSE(hanging.store->close(10ms)); });
  CHECK_FALSE(hanging.store->wait_committed(sequence, 10min));
  closer.join();
  hanging.vfs.set_hanging(false);
  hanging.store.reset();
  hanging.wait_until_let_go();
}

TEST_CASE("messages that are done with while a commit of theirs fails do not come back") {
  FaultyStore faulty;
  REQUIRE(faulty.listener.wait_for_commit(
      faulty.store->submit(messages({message("sidecar", 1), message("sidecar", 2)}))));
  faulty.vfs.set_full(true);
  faulty.store->submit(messages({message("sidecar", 3), message("sidecar", 4)}, {{"sidecar", 1}}));
  REQUIRE(faulty.listener.wait_for_failures(2));
  const Sequence last = faulty.store->submit(messages({}, {{"sidecar", 3}, {"sidecar", 2}}));
  faulty.vfs.set_full(false);
  REQUIRE(faulty.listener.wait_for_commit(last));
  REQUIRE(faulty.store->close(60s));
  CHECK(look(faulty.folder.database()).feedback == std::vector<FeedbackRow>{message("sidecar", 4)});
}

TEST_CASE("messages that an earlier run left on disk are removed when they are done") {
  const Folder folder;
  for (int run = 0; run < 2; ++run) {
    Listener listener;
    StoreThread store(open_store(options_for(folder.database())), {});
    store.start(listener);
    store.submit(run == 0 ? messages({message("sidecar", 1), message("sidecar", 2)})
                          : messages({}, {{"sidecar", 1}}));
    REQUIRE(store.close(60s));
  }
  CHECK(look(folder.database()).feedback == std::vector<FeedbackRow>{message("sidecar", 2)});
}

TEST_CASE("history is answered after what was submitted before, the newest first") {
  FaultyStore faulty;
  for (int number = 1; number <= 5; ++number) {
    Batch batch;
    batch.history = {entry("web", number), entry("api", number * 10)};
    faulty.store->submit(batch);
  }
  const auto web = faulty.store->history(key("web"), 2).get().value();
  REQUIRE(web.size() == 2);
  CHECK(web[0] == entry("web", 5));
  CHECK(web[1] == entry("web", 4));
  CHECK(faulty.store->history(std::nullopt, 100).get().value().size() == 10);
  CHECK(faulty.store->history(key("nobody"), 100).get().value().empty());
}

TEST_CASE("a closed store answers history with nothing, and is closed once") {
  FaultyStore faulty;
  CHECK(faulty.store->close(60s));
  CHECK(faulty.store->close(60s));
  CHECK_FALSE(faulty.store->history(std::nullopt, 1).get().has_value());
  CHECK(fs::exists(faulty.folder.database()));
}

TEST_CASE("the store tells its size") {
  FaultyStore faulty;
  CHECK(faulty.store->size_in_bytes() > 0);
}

TEST_CASE("the end commits what is left") {
  const Folder folder;
  {
    Listener listener;
    StoreThread store(open_store(options_for(folder.database())), {});
    store.start(listener);
    for (int level = 1; level <= 50; ++level) {
      store.submit(rows({row("web", level)}));
    }
    CHECK(store.close(60s));
    CHECK(listener.committed() == 50);
  }
  CHECK(levels(look(folder.database())) == std::map<std::string, int>{{"web", 50}});
}

TEST_CASE("an end on a full disk gives up, and the next start finds what was answered") {
  FaultyStore faulty;
  REQUIRE(faulty.listener.wait_for_commit(faulty.store->submit(rows({row("web", 3)}))));
  faulty.vfs.set_full(true);
  faulty.store->submit(rows({row("web", 4)}));
  CHECK_FALSE(faulty.store->close(100ms));
  faulty.store.reset();
  faulty.wait_until_let_go();
  const Loaded loaded = look(faulty.folder.database());
  CHECK(loaded.found == Found::good);
  CHECK(levels(loaded) == std::map<std::string, int>{{"web", 3}});
}
