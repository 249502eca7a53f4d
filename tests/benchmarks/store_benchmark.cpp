#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>
#include <benchmark/benchmark.h>

#include "base/mutex.h"
#include "storage/open_store.h"
#include "storage/store_thread.h"

// Durable commits of one row: bare SQLite and the store, on the same disk with the same settings.
namespace {

using namespace ebbgate;
using namespace ebbgate::storage;
namespace fs = std::filesystem;

constexpr int kWorkloads = 1000;

class Folder {
 public:
  Folder() {
    std::string name = (fs::current_path() / "store-benchmark-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path database() const { return path_ / "ebbgate.db"; }

 private:
  fs::path path_;
};

StoreOptions options_for(const Folder& folder) {
  StoreOptions options;
  options.database.file = folder.database();
  options.database.provider = "local";
  options.database.boot_id = "boot";
  return options;
}

WorkloadRow row(int number) {
  WorkloadRow row;
  row.key = {"default", "Local", "workload-" + std::to_string(number)};
  row.level = number % 8;
  row.answered_at = BootTime(std::chrono::seconds(number));
  row.applied = sha256(row.key.name);
  row.references = {{"conf.d/app.yaml", sha256("a")}, {"conf.d/log.yaml", sha256("b")}};
  return row;
}

class Waiter final : public StateStoreListener {
 public:
  void committed(Sequence sequence) override {
    {
      const MutexLock lock(mutex_);
      committed_ = sequence;
    }
    changed_.notify_all();
  }
  void commit_failed(const std::string&) override { ::abort(); }
  void marked_lost(bool) override {}
  void wait_for(Sequence sequence) {
    const MutexLock lock(mutex_);
    while (committed_ < sequence) {
      changed_.wait(mutex_);
    }
  }

 private:
  Mutex mutex_;
  Condition changed_;
  Sequence committed_ EBBGATE_GUARDED_BY(mutex_) = 0;
};

void bare_sqlite_commit(benchmark::State& state) {
  const Folder folder;
  { open_store(options_for(folder)); }
  SQLite::Database database(folder.database().string(), SQLite::OPEN_READWRITE);
  database.exec(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
      "PRAGMA wal_autocheckpoint = 1000; PRAGMA secure_delete = OFF");
  SQLite::Statement replace(database,
                            "REPLACE INTO workload (provider, namespace, kind, name, level, boot,"
                            " answered_at, forgive_not_before, applied, reference_list,"
                            " references_version, in_flight, witness, rollout, last_outcome,"
                            " last_update) VALUES"
                            " ('local','default','Local',?, ?,1,?,NULL, ?,?,1,0, '',0,0,NULL)");
  const std::string references(100, 'r');
  int number = 0;
  for (auto _ : state) {
    const WorkloadRow changed = row(++number % kWorkloads);
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    replace.bind(1, changed.key.name);
    replace.bind(2, changed.level);
    replace.bind(3, static_cast<std::int64_t>(changed.answered_at->time_since_epoch().count()));
    replace.bind(4, changed.applied->bytes.data(), 32);
    replace.bind(5, references.data(), static_cast<int>(references.size()));
    replace.exec();
    replace.reset();
    transaction.commit();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bare_sqlite_commit)->UseRealTime();

void store_commit(benchmark::State& state) {
  const Folder folder;
  StoreThread store(open_store(options_for(folder)), {});
  Waiter waiter;
  store.start(waiter);
  int number = 0;
  for (auto _ : state) {
    Batch batch;
    batch.rows.push_back(row(++number % kWorkloads));
    waiter.wait_for(store.submit(std::move(batch)));
  }
  state.SetItemsProcessed(state.iterations());
  store.close(std::chrono::seconds(10));
}
BENCHMARK(store_commit)->UseRealTime();

void store_commit_with_history(benchmark::State& state) {
  const Folder folder;
  StoreThread store(open_store(options_for(folder)), {});
  Waiter waiter;
  store.start(waiter);
  int number = 0;
  for (auto _ : state) {
    Batch batch;
    batch.rows.push_back(row(++number % kWorkloads));
    batch.history.push_back({batch.rows.back().key, {}, HistoryKind::sent, 1, "after 2 s"});
    waiter.wait_for(store.submit(std::move(batch)));
  }
  state.SetItemsProcessed(state.iterations());
  store.close(std::chrono::seconds(10));
}
BENCHMARK(store_commit_with_history)->UseRealTime();

void store_start(benchmark::State& state) {
  const Folder folder;
  {
    const OpenedStore store = open_store(options_for(folder));
    Batch batch;
    for (int number = 0; number < state.range(0); ++number) {
      batch.rows.push_back(row(number));
    }
    if (store.database->write(batch) || store.database->checkpoint()) {
      state.SkipWithError("cannot write");
    }
  }
  for (auto _ : state) {
    const OpenedStore store = open_store(options_for(folder));
    if (store.loaded.rows.size() != static_cast<std::size_t>(state.range(0))) {
      state.SkipWithError("not everything was loaded");
    }
  }
}
BENCHMARK(store_start)->Arg(100'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
