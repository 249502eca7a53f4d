#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/controller/controller_test_support.h"

namespace ebbgate::testing {
namespace {

using storage::HistoryKind;
using Log = std::vector<std::string>;

TEST_CASE("An update is prepared, committed with its witness, and only then sent") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  CHECK(bench.provider.log == Log{"prepare web"});
  const std::size_t before = bench.store.batches.size();
  CHECK_FALSE(bench.store.row(bench.key)->in_flight);

  bench.round([&] { bench.controller.prepared(bench.provider.last.id, "pid 42"); });
  REQUIRE(bench.store.batches.size() == before + 1);
  CHECK(bench.store.row(bench.key)->in_flight);
  CHECK(bench.store.row(bench.key)->witness == "pid 42");
  CHECK(bench.store.row(bench.key)->level == 1);
  CHECK_FALSE(bench.store.row(bench.key)->applied.has_value());
  CHECK(bench.provider.log == Log{"prepare web"});

  bench.commit_all();
  CHECK(bench.provider.log == Log{"prepare web", "send web"});
  bench.answer(Outcome::applied);
  CHECK_FALSE(bench.store.row(bench.key)->in_flight);
  CHECK(bench.store.row(bench.key)->witness.empty());
  CHECK(bench.store.row(bench.key)->applied == fingerprint_of(*references({{"a", "2"}})));
}

TEST_CASE("An update that carries its state with it does not wait for the commit") {
  Bench bench;
  bench.provider.carries = true;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.round([&] { bench.controller.prepared(bench.provider.last.id, ""); });
  CHECK(bench.provider.log == Log{"prepare web", "send web"});
}

TEST_CASE("What is not needed any more at the last look is called off") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.round([&] { bench.controller.prepared(bench.provider.last.id, "w"); });
  bench.observe({{"a", "1"}});
  bench.commit_all();
  CHECK(bench.provider.log == Log{"prepare web", "cancel web"});
  CHECK(bench.store.row(bench.key)->level == 0);
  CHECK_FALSE(bench.store.row(bench.key)->in_flight);
  CHECK(bench.store.row(bench.key)->applied == fingerprint_of(*references({{"a", "1"}})));
}

TEST_CASE("What became known in the round of the commit is what is sent") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.round([&] { bench.controller.prepared(bench.provider.last.id, "w"); });
  bench.round([&] {
    bench.controller.committed(bench.store.batches.size());
    bench.controller.observed(bench.observation({{"a", "3"}}));
  });
  // After a crash nobody could tell that it was not what was stored, so that is stored anew first.
  CHECK(bench.provider.log == Log{"prepare web"});
  CHECK(bench.store.row(bench.key)->in_flight);
  CHECK_FALSE(bench.store.row(bench.key)->tried);
  bench.commit_all();
  CHECK(bench.provider.sent == fingerprint_of(*references({{"a", "3"}})));
  CHECK(bench.store.row(bench.key)->tried == bench.provider.sent);
  bench.answer(Outcome::applied);
  const auto row = bench.store.row(bench.key);
  CHECK(row->applied == fingerprint_of(*references({{"a", "3"}})));
  CHECK(row->references == row_of(bench.key, references({{"a", "3"}})).references);
}

TEST_CASE("Why a rollout is not ready is kept until one is, printable and bounded") {
  Bench bench;
  bench.judged = true;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.update();
  const std::string why = "last probe: \x1b[31m" + std::string(5000, 'x');
  SUBCASE("it surely did not become ready") {
    bench.round([&] { bench.controller.rolled_out(bench.key, false, why); });
  }
  SUBCASE("it took too long") {
    bench.round([&] { bench.controller.not_ready_yet(bench.key, why); });
    bench.clock.advance(10min);
    bench.round([] {});
  }
  const auto& entries = bench.store.batches.back().history;
  const auto told_at = std::ranges::find(entries, HistoryKind::failed, &storage::HistoryRow::kind);
  REQUIRE(told_at != entries.end());
  const storage::HistoryRow told = *told_at;
  CHECK(told.detail.find("last probe: \\x1b[31mxxx") != std::string::npos);
  CHECK(told.detail.size() < 1100);
  const storage::WorkloadRow row = *bench.store.row(bench.key);
  CHECK(row.last_error.find("last probe: \\x1b[31mxxx") != std::string::npos);
  CHECK(row.last_error.size() <= Answer::kMaxDetail);

  storage::Loaded stored;
  stored.found = storage::Found::good;
  stored.same_boot = true;
  stored.rows = {row};
  Bench later(stored);
  later.judged = true;
  later.clock.advance(20min);
  later.settle_in({{"a", "2"}});
  const auto& record = later.controller.record(*later.controller.governor().find(later.key));
  CHECK(record.why_not_ready() == row.last_error);
  later.round([&] { later.controller.rolled_out(later.key, true); });
  CHECK(record.why_not_ready().empty());
  CHECK(later.store.row(later.key)->last_error.empty());
}

TEST_CASE("Nothing is decided before everything was listed") {
  Bench bench;
  bench.observe({{"a", "1"}});
  bench.commit_all();
  bench.observe({{"a", "2"}});
  CHECK(bench.provider.log.empty());
  bench.list();
  CHECK(bench.provider.log == Log{"prepare web"});
}

TEST_CASE("An update without an answer of the store for a second waits for the mark, then goes") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.round([&] { bench.controller.prepared(bench.provider.last.id, "w"); });
  bench.clock.advance(999ms);
  bench.controller.turn();
  CHECK_FALSE(bench.controller.degraded());
  bench.clock.advance(1ms);
  CHECK(bench.controller.next_turn() == bench.clock.now().boot);
  bench.controller.turn();
  CHECK(bench.controller.degraded());
  CHECK(bench.store.marks == 1);
  CHECK(bench.provider.log == Log{"prepare web"});
  bench.round([&] { bench.controller.marked_lost(true); });
  CHECK(bench.provider.log == Log{"prepare web", "send web"});
  bench.commit_all();
  CHECK(bench.observer.degradations == std::vector<bool>{true, false});
}

TEST_CASE("Where neither commit nor mark succeeds the update waits, and the mark is tried again") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.round([&] { bench.controller.prepared(bench.provider.last.id, "w"); });
  bench.round([&] { bench.controller.commit_failed("disk full"); });
  CHECK(bench.controller.degraded_reason() == "disk full");
  CHECK(bench.store.marks == 1);
  bench.round([&] { bench.controller.marked_lost(false); });
  CHECK(bench.provider.log == Log{"prepare web"});
  bench.clock.advance(1s);
  bench.controller.turn();
  CHECK(bench.store.marks == 2);
  bench.commit_all();
  CHECK(bench.provider.log == Log{"prepare web", "send web"});
}

TEST_CASE("An identical observation writes nothing and decides nothing") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.update();
  const std::size_t batches = bench.store.batches.size();
  const std::size_t decisions = bench.observer.decisions.size();
  bench.policy = std::make_shared<governor::Policy>(*bench.policy);
  bench.observe({{"a", "2"}});
  CHECK(bench.store.batches.size() == batches);
  CHECK(bench.observer.decisions.size() == decisions);
  CHECK(bench.workload().memory.level == 1);
}

TEST_CASE("A reference that is added or taken away is no change, and a change in it is one") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "1"}, {"b", "1"}});
  CHECK(bench.provider.log.empty());
  bench.observe({{"b", "1"}});
  CHECK(bench.provider.log.empty());
  CHECK(bench.store.row(bench.key)->applied == fingerprint_of(*references({{"b", "1"}})));
  bench.observe({{"b", "2"}, {"c", "1"}});
  CHECK(bench.provider.log == Log{"prepare web"});
}

TEST_CASE("A set that changes while an update is in flight is no reason for another") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.round([&] { bench.controller.prepared(bench.provider.last.id, "w"); });
  bench.commit_all();
  bench.observe({{"a", "2"}, {"b", "1"}});
  bench.answer(Outcome::applied);
  bench.clock.advance(2s);
  bench.controller.turn();
  CHECK(bench.provider.log == Log{"prepare web", "send web"});
  CHECK(bench.store.row(bench.key)->references.size() == 2);
}

TEST_CASE("The history tells of the wait, the update and its outcome, with the answer's detail") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.update();
  bench.observe({{"a", "3"}});
  CHECK(bench.history() == std::vector{HistoryKind::sent, HistoryKind::applied, HistoryKind::wait});
  bench.clock.advance(1s);
  bench.controller.turn();
  bench.round([&] { bench.controller.prepared(bench.provider.last.id, "w"); });
  bench.commit_all();
  bench.answer(Outcome::unknown, "exit status 3");
  CHECK(bench.store.batches.back().history.back().kind == HistoryKind::unknown);
  CHECK(bench.store.batches.back().history.back().detail == "exit status 3");
}

TEST_CASE("Once it is told to stop, what was begun is called off") {
  Bench bench;
  bench.settle_in({{"a", "1"}});
  bench.observe({{"a", "2"}});
  bench.round([&] { bench.controller.stop_deciding(); });
  CHECK(bench.controller.starting() == 1);
  bench.round([&] { bench.controller.prepared(bench.provider.last.id, "w"); });
  bench.commit_all();
  CHECK(bench.controller.starting() == 0);
  CHECK(bench.provider.log == Log{"prepare web", "cancel web"});
}

}  // namespace
}  // namespace ebbgate::testing
