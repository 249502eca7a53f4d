#include "controller/status_overview.h"

#include <doctest/doctest.h>

#include "tests/unit/controller/controller_test_support.h"

namespace ebbgate {

using namespace testing;

TEST_CASE("the overview has nothing of the budget before the first turn, then what it allows") {
  StatusOverview overview;
  CHECK_FALSE(overview.seen().bucket);
  ClockByHand clock;
  governor::Limits limits;
  limits.budget = {2, 10};
  const governor::Governor governor(limits, 4, clock.now().boot, [] { return 0.5; });
  overview.turned(clock.now(), governor, {});
  REQUIRE(overview.seen().bucket);
  CHECK(overview.seen().bucket->tokens(clock.now().boot) == doctest::Approx(4));
  clock.advance(1s);
  CHECK(overview.seen().bucket->tokens(clock.now().boot) == doctest::Approx(6));
}

TEST_CASE("the overview counts changes, updates and what held them back") {
  Bench bench;
  StatusOverview overview;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.update();
  bench.observe({{"a", "3"}});
  bench.observe({{"a", "4"}});
  overview.turned(bench.clock.now(), bench.controller.governor(), {});
  const StatusOverview::Counts counts = overview.seen().counts;
  CHECK(counts.changes == 3);
  CHECK(counts.answers == std::array<std::uint64_t, 3>{1, 0, 0});
  CHECK(counts.coalesced == 1);
  CHECK(counts.suppressed.at(index_of(governor::Gate::backoff)) == 2);
  CHECK(counts.waiting.at(index_of(governor::Gate::backoff)) == 1);
}

TEST_CASE("the overview says why the store is degraded for as long as it is") {
  StatusOverview overview;
  CHECK(overview.seen().degraded.empty());
  overview.degraded(true, "disk full");
  CHECK(overview.seen().degraded == "disk full");
  overview.degraded(true, "");
  CHECK_FALSE(overview.seen().degraded.empty());
  overview.degraded(false, "");
  CHECK(overview.seen().degraded.empty());
}

}  // namespace ebbgate
