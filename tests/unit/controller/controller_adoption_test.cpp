#include <doctest/doctest.h>

#include "tests/unit/controller/controller_test_support.h"

namespace ebbgate::testing {
namespace {

using Log = std::vector<std::string>;

TEST_CASE("A workload seen for the first time is adopted as it is") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  CHECK(bench.provider.log.empty());
  CHECK(bench.store.row(bench.key)->applied == fingerprint_of(*references({{"a", "1"}})));
}

TEST_CASE("A workload that asks for an update at first sight gets one") {
  Bench bench;
  bench.adopt = false;
  bench.settle_in({{"a", "1"}});
  CHECK(bench.provider.log == Log{"prepare web"});
}

TEST_CASE("A workload whose configuration was missing before a restart is still adopted after it") {
  Bench first;
  first.missing = "no such file";
  first.settle_in({});
  storage::Loaded loaded;
  loaded.found = storage::Found::good;
  loaded.same_boot = true;
  if (const auto row = first.store.row(first.key)) loaded.rows.push_back(*row);

  Bench second(loaded);
  second.settle_in({{"a", "1"}});
  CHECK(second.provider.log.empty());
}

TEST_CASE("A workload that goes and comes back in one round keeps a row") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  bench.round([&] {
    bench.controller.gone(bench.key);
    bench.controller.observed(bench.observation({{"a", "1"}}));
  });
  REQUIRE(bench.store.batches.back().rows.size() == 1);
  CHECK(bench.store.batches.back().removed.empty());
}

TEST_CASE("A workload that is gone keeps its level, and its row goes once it is forgiven") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.update();
  bench.round([&] { bench.controller.gone(bench.key); });
  CHECK_FALSE(bench.controller.release(bench.key));
  CHECK(bench.workload().memory.level == 1);
  CHECK(bench.store.row(bench.key).has_value());
  bench.clock.advance(10min);
  bench.controller.turn();
  CHECK_FALSE(bench.store.row(bench.key).has_value());
  CHECK_FALSE(bench.controller.governor().find(bench.key).has_value());
}

TEST_CASE("A rollout that is not ready is watched again when its workload comes back") {
  Bench bench;
  bench.judged = true;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.update();
  bench.round([&] { bench.controller.gone(bench.key); });
  bench.observe({{"a", "2"}});
  CHECK(bench.provider.log == Log{"prepare web", "send web", "watch web"});
}

TEST_CASE("A rollout that failed is watched again after a restart, and may become ready") {
  Bench bench;
  bench.judged = true;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.update();
  bench.round([&] { bench.controller.rolled_out(bench.key, false, "HTTP 503"); });
  storage::Loaded loaded;
  loaded.found = storage::Found::good;
  loaded.same_boot = true;
  loaded.rows = {*bench.store.row(bench.key)};
  Bench later(loaded);
  later.judged = true;
  later.settle_in({{"a", "2"}});
  CHECK(later.provider.log == Log{"watch web"});
  CHECK(later.workload().memory.rollout == governor::Rollout::failed);
  later.round([&] { later.controller.rolled_out(later.key, true, ""); });
  CHECK(later.workload().memory.rollout == governor::Rollout::ready);
  CHECK(later.history() == std::vector{storage::HistoryKind::ready});
}

}  // namespace
}  // namespace ebbgate::testing
