#include <doctest/doctest.h>

#include "tests/unit/controller/controller_test_support.h"

namespace ebbgate::testing {
namespace {

using Log = std::vector<std::string>;

const WorkloadKey kKey{"default", "Local", "web"};

storage::Loaded stored(const storage::WorkloadRow& row) {
  storage::Loaded loaded;
  loaded.found = storage::Found::good;
  loaded.same_boot = true;
  loaded.rows = {row};
  return loaded;
}

storage::WorkloadRow in_flight() {
  storage::WorkloadRow row = row_of(kKey, nullptr);
  row.level = 3;
  row.in_flight = true;
  row.witness = "pid 42";
  row.answered_at = BootTime(30min);
  row.forgive_not_before = BootTime(41min);
  return row;
}

TEST_CASE("An attempt in flight at a crash is ended, counts as unknown, and is committed first") {
  Bench bench(stored(in_flight()));
  CHECK(bench.provider.log == Log{"recover web pid 42"});
  REQUIRE(bench.store.batches.size() == 1);
  const auto row = bench.store.row(kKey);
  CHECK_FALSE(row->in_flight);
  CHECK(row->witness.empty());
  CHECK(row->level == 3);
  CHECK(row->answered_at == bench.clock.now().boot);
  CHECK(row->last_outcome == storage::LastOutcome::unknown);
  CHECK(bench.history() == std::vector{storage::HistoryKind::unknown});

  bench.observe({{"a", "1"}});
  bench.list();
  bench.clock.advance(900ms);
  CHECK_FALSE(bench.controller.deciding());
  bench.commit_all();
  CHECK(bench.controller.deciding());
  bench.clock.advance(3s);
  bench.controller.turn();
  CHECK_FALSE(bench.provider.log.back() == "prepare web");
  bench.clock.advance(100ms);
  bench.controller.turn();
  CHECK(bench.provider.log.back() == "prepare web");
}

TEST_CASE("A restart at which nothing changed writes nothing and updates nothing") {
  Bench bench(stored(row_of(kKey, references({{"a", "1"}}))));
  bench.settle_in({{"a", "1"}});
  bench.clock.advance(1h);
  bench.controller.turn();
  CHECK(bench.store.batches.empty());
  CHECK(bench.provider.log.empty());
}

TEST_CASE("A change made while nobody watched leads to one update") {
  Bench bench(stored(row_of(kKey, references({{"a", "1"}}))));
  bench.settle_in({{"a", "2"}});
  CHECK(bench.provider.log == Log{"prepare web"});
}

TEST_CASE("A set that changed while nobody watched is no change") {
  Bench bench(stored(row_of(kKey, references({{"a", "1"}, {"b", "1"}}))));
  bench.settle_in({{"a", "1"}, {"c", "5"}});
  CHECK(bench.provider.log.empty());
  CHECK(bench.store.row(kKey)->applied == fingerprint_of(*references({{"a", "1"}, {"c", "5"}})));
}

TEST_CASE("References of another version of the algorithm make what was applied unknown") {
  storage::WorkloadRow row = row_of(kKey, references({{"a", "1"}}));
  row.references_version = kReferencesVersion + 1;
  Bench bench(stored(row));
  bench.settle_in({{"a", "1"}});
  CHECK(bench.provider.log == Log{"prepare web"});
}

TEST_CASE("Where the state was lost workloads begin at the highest level") {
  storage::Loaded lost;
  lost.found = storage::Found::lost;
  SUBCASE("of backoff.max where nobody judges them") {
    Bench bench(lost);
    bench.settle_in({{"a", "1"}});
    CHECK(bench.workload().memory.level == 7);
    CHECK(bench.store.row(kKey)->level == 7);
    CHECK(bench.provider.log.empty());
  }
  SUBCASE("of unhealthy_max where they are judged") {
    Bench bench(lost);
    bench.judged = true;
    bench.settle_in({{"a", "1"}});
    CHECK(bench.workload().memory.level == 11);
    CHECK(bench.store.row(kKey)->level == 11);
    CHECK(bench.provider.log == Log{"watch web"});
    bench.round([&] { bench.controller.rolled_out(kKey, true); });
    CHECK(bench.workload().memory.level == 7);
  }
}

TEST_CASE(
    "When a workload was updated last is known by what was seen, and not where that was lost") {
  const auto past_unknown = [](const Bench& bench) {
    return bench.controller.record(*bench.controller.governor().find(kKey)).past_unknown();
  };
  storage::WorkloadRow row = row_of(kKey, references({{"a", "1"}}));
  row.level = 3;
  row.answered_at = BootTime(59min);
  row.last_update = WallTime(1000h);
  storage::Loaded loaded = stored(row);
  Bench good(loaded);
  good.settle_in({{"a", "1"}});
  CHECK_FALSE(past_unknown(good));
  loaded.same_boot = false;
  Bench rebooted(loaded);
  rebooted.settle_in({{"a", "1"}});
  CHECK(past_unknown(rebooted));
  loaded.same_boot = true;
  loaded.found = storage::Found::restored;
  Bench restored(loaded);
  restored.settle_in({{"a", "1"}});
  CHECK(past_unknown(restored));
  loaded.rows.clear();
  loaded.found = storage::Found::lost;
  Bench lost(loaded);
  lost.settle_in({{"a", "1"}});
  CHECK(past_unknown(lost));
  lost.clock.advance(10min);
  lost.observe({{"a", "2"}});
  lost.update();
  CHECK_FALSE(past_unknown(lost));
}

TEST_CASE("The mark of a loss goes with the commit of the first full list, and not before") {
  storage::Loaded lost;
  lost.found = storage::Found::lost;
  Bench bench(lost);
  bench.observe({{"a", "1"}});
  CHECK_FALSE(bench.store.batches.back().first_list_done);
  bench.list();
  CHECK(bench.store.batches.back().first_list_done);
  bench.key.name = "later";
  bench.observe({{"a", "1"}});
  CHECK(bench.workload().memory.level == 0);
}

TEST_CASE("A stored workload that is not listed keeps its level until it is forgiven") {
  storage::WorkloadRow row = row_of(kKey, references({{"a", "1"}}));
  row.level = 9;
  row.rollout = storage::Rollout::unfinished;
  row.answered_at = BootTime(59min);
  row.forgive_not_before = BootTime(70min);
  Bench bench(stored(row));
  bench.list();
  CHECK(bench.workload().gone);
  CHECK(bench.workload().memory.level == 9);
  bench.judged = true;
  bench.observe({{"a", "1"}});
  CHECK(bench.workload().memory.level == 9);
  bench.round([&] { bench.controller.gone(kKey); });
  bench.clock.advance(11min);
  bench.controller.turn();
  CHECK_FALSE(bench.store.row(kKey).has_value());
  CHECK(bench.store.batches.back().removed == std::vector{kKey});
}

TEST_CASE("Times of another boot are written anew, as now") {
  storage::WorkloadRow row = row_of(kKey, references({{"a", "1"}}));
  row.level = 2;
  row.answered_at = BootTime(10h);
  row.forgive_not_before = BootTime(11h);
  storage::Loaded loaded = stored(row);
  loaded.same_boot = false;
  Bench bench(loaded);
  CHECK(bench.store.row(kKey)->answered_at == bench.clock.now().boot);
  CHECK(bench.store.row(kKey)->forgive_not_before == bench.clock.now().boot + 10min);
}

}  // namespace
}  // namespace ebbgate::testing
