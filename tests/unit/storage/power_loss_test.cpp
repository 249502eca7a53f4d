#include <random>

#include <doctest/doctest.h>

#include "tests/unit/storage/fault_vfs.h"
#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

namespace {

using Operation = FaultVfs::Operation;

/// Notes in the record when a commit was answered.
class NotingListener final : public StateStoreListener {
 public:
  NotingListener(FaultVfs& vfs, Listener& next) : vfs_(vfs), next_(next) {}
  void committed(Sequence sequence) override {
    vfs_.note(sequence);
    next_.committed(sequence);
  }
  void commit_failed(const std::string& error) override { next_.commit_failed(error); }
  void marked_lost(bool durable) override { next_.marked_lost(durable); }

 private:
  FaultVfs& vfs_;
  Listener& next_;
};

using Levels = std::map<std::string, int>;

/// A run that answers one batch after the other, checkpoints every few commits and ends cleanly.
/// The levels after each batch come to `expected`.
std::vector<Operation> recorded_run(const Folder& folder, const std::vector<Batch>& batches,
                                    std::vector<Levels>& expected) {
  FaultVfs vfs;
  vfs.record(LockFile::path_of(folder.database()));
  StoreOptions options = options_for(folder.database());
  options.database.vfs = vfs.name();
  StoreThreadOptions thread_options;
  thread_options.checkpoint_pages = 8;
  OpenedStore opened = open_store(options);
  // What open_store() promises holds from when it returns.
  vfs.note(0);
  StoreThread store(std::move(opened), thread_options);
  Listener answers;
  NotingListener listener(vfs, answers);
  store.start(listener);
  Levels levels;
  expected.push_back(levels);
  for (const Batch& batch : batches) {
    for (const WorkloadRow& changed : batch.rows) {
      levels[changed.key.name] = changed.level;
    }
    expected.push_back(levels);
    REQUIRE(answers.wait_for_commit(store.submit(batch)));
  }
  REQUIRE(store.close(std::chrono::seconds(60)));
  return vfs.operations();
}

std::vector<Batch> many_batches() {
  std::vector<Batch> batches;
  for (int i = 1; i <= 24; ++i) {
    batches.push_back(rows({row("w" + std::to_string(i % 5), i)}));
    batches.back().history.push_back(entry("w" + std::to_string(i % 5), i));
  }
  return batches;
}

std::optional<std::uint64_t> answered_by(const std::vector<Operation>& operations,
                                         std::size_t count) {
  std::optional<std::uint64_t> answered;
  for (std::size_t i = 0; i < count; ++i) {
    if (operations[i].kind == Operation::Kind::note) {
      answered = operations[i].number;
    }
  }
  return answered;
}

/// Calls `check` with a folder for every moment at which the power may fail, and for each fate of
/// the writes that were not synced then: none, all, or some of them survived. The first operations
/// only tell what was there `before`.
template <class Check>
void at_every_loss_of_power(const std::vector<Operation>& operations, std::size_t before,
                            const Check& check) {
  std::mt19937 random(20261123);
  for (std::size_t count = before; count <= operations.size(); ++count) {
    const bool unsynced_matter =
        count == operations.size() || operations[count].kind == Operation::Kind::sync;
    for (int fate = 0; fate < (unsynced_matter ? 4 : 1); ++fate) {
      CAPTURE(count);
      CAPTURE(fate);
      const Folder after;
      const auto survives = [&](std::size_t) { return fate == 1 || (fate > 1 && random() % 2); };
      lose_power(operations, count, survives, after.path());
      check(after, answered_by(operations, count));
    }
  }
}

}  // namespace

TEST_CASE("what was answered is there after a loss of power at any moment") {
  const Folder folder;
  std::vector<Levels> expected;
  const auto operations = recorded_run(folder, many_batches(), expected);
  REQUIRE(operations.size() > 200);
  at_every_loss_of_power(
      operations, 0, [&](const Folder& after, std::optional<std::uint64_t> answered) {
        const Loaded loaded = open_store(options_for(after.database())).loaded;
        CAPTURE(loaded.reason);
        CHECK(loaded.found != Found::lost);
        const std::size_t known = answered.value_or(0);
        const Levels found = levels(loaded);
        const bool as_answered = found == expected[known];
        const bool one_further = known + 1 < expected.size() && found == expected[known + 1];
        CHECK((as_answered || one_further));
      });
}

TEST_CASE("a loss of power never hides that state was lost before") {
  const Folder folder;
  { open_store(options_for(folder.database())); }
  REQUIRE(fs::remove(folder.database()));
  std::vector<Batch> batches = many_batches();
  batches.resize(3);
  batches[2].first_list_done = true;
  std::vector<Levels> expected;
  const auto operations = recorded_run(folder, batches, expected);
  at_every_loss_of_power(
      operations, 1, [&](const Folder& after, std::optional<std::uint64_t> answered) {
        if (answered.value_or(0) < 2) {
          CHECK(open_store(options_for(after.database())).loaded.found == Found::lost);
        } else if (answered == 3) {
          CHECK(open_store(options_for(after.database())).loaded.found == Found::good);
        }
      });
}
