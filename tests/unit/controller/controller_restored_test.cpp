#include <doctest/doctest.h>

#include "tests/unit/controller/controller_test_support.h"

namespace ebbgate::testing {
namespace {

using Log = std::vector<std::string>;

const WorkloadKey kWeb{"default", "Local", "web"};
constexpr int kHighest = 7;
constexpr int kHighestUnhealthy = 11;

/// What a copy tells that was made when this was the state.
storage::Loaded restored(int level, std::uint64_t counter = 0) {
  storage::Loaded loaded;
  loaded.found = storage::Found::restored;
  storage::WorkloadRow row = row_of(kWeb, references({{"a", "1"}}));
  row.level = level;
  row.counter = counter;
  row.last_outcome = storage::LastOutcome::applied;
  loaded.rows = {row};
  return loaded;
}

TEST_CASE("After a restore no workload starts below the level of unknown state") {
  for (const int level : {0, 3, kHighest}) {
    CAPTURE(level);
    Bench bench(restored(level));
    bench.settle_in({{"a", "1"}});
    CHECK(bench.workload().memory.level == kHighest);
    CHECK(bench.workload().memory.answered_at == bench.clock.now().boot);
    CHECK(bench.store.row(kWeb)->level == kHighest);
    CHECK(bench.provider.log.empty());
  }
}

TEST_CASE("After a restore a judged workload may have been waiting beyond max") {
  Bench bench(restored(3));
  bench.judged = true;
  bench.settle_in({{"a", "1"}});
  CHECK(bench.workload().memory.level == kHighestUnhealthy);
  CHECK(bench.workload().memory.rollout == governor::Rollout::unfinished);
}

TEST_CASE("After a restore what was applied is not known, and one update follows after the wait") {
  Bench bench(restored(3));
  bench.settle_in({{"a", "1"}});
  CHECK_FALSE(bench.store.row(kWeb)->applied.has_value());
  bench.clock.advance(64s);
  bench.controller.turn();
  CHECK(bench.provider.log.back() == "prepare web");
}

TEST_CASE("After a restore a workload without a row starts as in lost state, until all were seen") {
  storage::Loaded empty;
  empty.found = storage::Found::restored;
  Bench bench(empty);
  bench.observe({{"a", "1"}});
  CHECK(bench.workload().memory.level == kHighest);
  CHECK_FALSE(bench.store.batches.back().first_list_done);
  bench.list();
  CHECK(bench.store.batches.back().first_list_done);
  bench.key.name = "later";
  bench.observe({{"a", "1"}});
  CHECK(bench.workload().memory.level == 0);
}

TEST_CASE(
    "After a restore a workload that is not listed is stored at that level with the first list") {
  Bench bench(restored(3));
  bench.list();
  CHECK(bench.store.batches.back().first_list_done);
  const auto row = bench.store.row(kWeb);
  REQUIRE(row.has_value());
  CHECK(row->level == kHighestUnhealthy);
  CHECK_FALSE(row->applied.has_value());
  bench.observe({{"a", "1"}});
  CHECK(bench.workload().memory.level >= kHighest);
}

TEST_CASE("After a restore a workload that carries a record is believed") {
  struct Case {
    std::uint64_t counter;
    int carried;
    int expected;
  };
  for (const Case& told : {Case{5, 2, 3},            // no update since: as in the copy
                           Case{7, 4, 4},            // updates since: as it says
                           Case{4, 4, kHighest}}) {  // an older record: nothing is known
    CAPTURE(told.counter);
    Bench bench(restored(3, 5));
    bench.provider.carries = true;
    Observation observation = bench.observation({{"a", "1"}});
    observation.adopt = false;
    observation.carried.emplace();
    observation.carried->has_record = true;
    observation.carried->counter = told.counter;
    observation.carried->level = told.carried;
    observation.carried->applied = fingerprint_of(*references({{"a", "1"}}));
    bench.round([&] { bench.controller.observed(observation); });
    bench.list();
    bench.commit_all();
    CHECK(bench.workload().memory.level == told.expected);
    CHECK(bench.workload().memory.answered_at == bench.clock.now().boot);
    CHECK(bench.workload().memory.applied == observation.carried->applied);
    bench.clock.advance(1h);
    bench.controller.turn();
    CHECK(bench.provider.log.empty());
  }
}

}  // namespace
}  // namespace ebbgate::testing
