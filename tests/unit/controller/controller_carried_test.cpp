#include <doctest/doctest.h>

#include "tests/unit/controller/controller_test_support.h"

namespace ebbgate::testing {
namespace {

/// A workload that carries its own record.
struct CarryingBench : Bench {
  explicit CarryingBench(const storage::Loaded& loaded = {}) : Bench(loaded) {
    provider.carries = true;
  }
  Observation carrying(std::uint64_t counter, int level, const char* applied,
                       const std::map<std::string, std::string>& contents) const {
    Observation observation = Bench::observation(contents);
    observation.adopt = false;
    observation.carried.emplace();
    observation.carried->has_record = true;
    observation.carried->counter = counter;
    observation.carried->level = level;
    if (applied != nullptr) {
      observation.carried->applied = fingerprint_of(*references({{"a", applied}}));
    }
    return observation;
  }
  void see(const Observation& observation) {
    round([&] { controller.observed(observation); });
  }
  void begin(const Observation& observation) {
    see(observation);
    list();
    commit_all();
  }
  std::uint64_t counter() const {
    return controller.record(*controller.governor().find(key)).counter;
  }
};

storage::Loaded stored(std::uint64_t counter, int level, const char* applied) {
  storage::Loaded loaded;
  loaded.found = storage::Found::good;
  loaded.same_boot = true;
  const WorkloadKey key{"default", "Local", "web"};
  storage::WorkloadRow row =
      row_of(key, applied == nullptr ? nullptr : references({{"a", applied}}));
  row.counter = counter;
  row.level = level;
  row.last_outcome = storage::LastOutcome::applied;
  row.answered_at = BootTime(30min);
  row.forgive_not_before = BootTime(2h);
  loaded.rows.push_back(row);
  return loaded;
}

TEST_CASE("Without a database the level that a workload carries counts, from now") {
  CarryingBench bench;
  bench.begin(bench.carrying(7, 3, "1", {{"a", "1"}}));
  CHECK(bench.workload().memory.level == 3);
  CHECK(bench.workload().memory.answered_at == bench.clock.now().boot);
  CHECK(bench.counter() == 7);
  CHECK(bench.store.row(bench.key)->counter == 7);
  CHECK(bench.provider.log.empty());
}

TEST_CASE("A carried record with a higher counter beats the database's, and is written down") {
  CarryingBench bench(stored(6, 5, "1"));
  bench.begin(bench.carrying(7, 2, "1", {{"a", "1"}}));
  CHECK(bench.workload().memory.level == 2);
  CHECK(bench.store.row(bench.key)->counter == 7);
}

TEST_CASE("Of equal counters the database's record rules") {
  CarryingBench bench(stored(7, 1, "1"));
  bench.begin(bench.carrying(7, 5, "1", {{"a", "1"}}));
  CHECK(bench.workload().memory.level == 1);
  CHECK(bench.workload().memory.answered_at == BootTime(30min));
}

TEST_CASE("What a later workload of the key carries is believed, whatever it counts") {
  for (const bool later : {false, true}) {
    CAPTURE(later);
    storage::Loaded loaded = stored(7, 1, "1");
    loaded.rows[0].incarnation = "first";
    CarryingBench bench(loaded);
    Observation observation = bench.carrying(7, 3, "2", {{"a", "2"}});
    observation.incarnation = later ? "second" : "first";
    bench.begin(observation);
    const governor::Memory& memory = bench.workload().memory;
    // The first one's record is no news, so that what is there now is a change that nobody carried.
    CHECK(memory.level == (later ? 3 : 2));
    CHECK(memory.answered_at == (later ? bench.clock.now().boot : BootTime(30min)));
    CHECK(bench.provider.log ==
          (later ? std::vector<std::string>{} : std::vector<std::string>{"prepare web"}));
    if (later) CHECK(bench.store.row(bench.key)->incarnation == "second");
  }
}

TEST_CASE("Of a later workload of the key the higher level counts") {
  storage::Loaded loaded = stored(7, 5, "1");
  loaded.rows[0].incarnation = "first";
  CarryingBench bench(loaded);
  Observation observation = bench.carrying(0, 0, "1", {{"a", "1"}});
  observation.incarnation = "second";
  bench.begin(observation);
  CHECK(bench.workload().memory.level == 5);
  CHECK(bench.counter() == 7);
}

TEST_CASE("Another workload of the key is written down when it is seen") {
  CarryingBench bench;
  Observation observation = bench.carrying(3, 2, "1", {{"a", "1"}});
  observation.incarnation = "first";
  bench.begin(observation);
  CHECK(bench.store.row(bench.key)->incarnation == "first");
  bench.round([&] { bench.controller.gone(bench.key); });
  observation.incarnation = "second";
  bench.see(observation);
  CHECK(bench.store.row(bench.key)->incarnation == "second");
  CHECK(bench.store.row(bench.key)->level == 2);
}

TEST_CASE("One that was rolled out since took on what it carries") {
  CarryingBench bench(stored(7, 0, "1"));
  Observation observation = bench.carrying(7, 0, "2", {{"a", "2"}});
  observation.carried->rolled_out_since = true;
  bench.begin(observation);
  CHECK(bench.provider.log.empty());
  CHECK(bench.workload().memory.applied == fingerprint_of(*references({{"a", "2"}})));
}

TEST_CASE("What was rolled out before the database was written last is in it already") {
  for (const bool seen : {false, true}) {
    CAPTURE(seen);
    storage::Loaded loaded = stored(7, 0, "1");
    loaded.rows[0].revision = seen ? "second" : "first";
    CarryingBench bench(loaded);
    Observation observation = bench.carrying(7, 0, "2", {{"a", "2"}});
    observation.revision = "second";
    observation.carried->rolled_out_since = true;
    bench.begin(observation);
    CHECK(bench.provider.log ==
          (seen ? std::vector<std::string>{"prepare web"} : std::vector<std::string>{}));
  }
}

TEST_CASE("One that carries an older record was replaced, and took on what it carries") {
  CarryingBench bench(stored(7, 0, "1"));
  bench.begin(bench.carrying(6, 0, "2", {{"a", "1"}}));
  CHECK(bench.provider.log == std::vector<std::string>{"prepare web"});
}

TEST_CASE("What was mistrusted before a restart is mistrusted after it") {
  for (const bool rolled_out_since : {false, true}) {
    CarryingBench bench(stored(7, 0, nullptr));
    Observation observation = bench.carrying(7, 0, "1", {{"a", "1"}});
    observation.carried->rolled_out_since = rolled_out_since;
    bench.begin(observation);
    CHECK(bench.provider.log == std::vector<std::string>{"prepare web"});
  }
}

TEST_CASE("What a missing answer would have told is told by the workload") {
  storage::Loaded loaded = stored(7, 1, "1");
  loaded.rows[0].in_flight = true;
  CarryingBench bench(loaded);
  bench.begin(bench.carrying(7, 0, "1", {{"a", "1"}}));
  CHECK(bench.provider.log.empty());
  CHECK(bench.workload().memory.answered_at == bench.clock.now().boot);
}

TEST_CASE("A fresh database beside records of earlier terms begins with an empty bucket") {
  for (const bool has_record : {true, false}) {
    CarryingBench bench;
    ControllerSettings limited = bench.settings;
    limited.limits.budget.rate = 1;
    bench.controller.configure(limited);
    Observation observation = bench.carrying(0, 0, "1", {{"a", "1"}});
    observation.carried->has_record = has_record;
    bench.see(observation);
    CHECK((bench.controller.governor().bucket().tokens(bench.clock.now().boot) < 1) == has_record);
  }
}

TEST_CASE(
    "A term after somebody else's begins with an empty bucket, a fresh install with a full one") {
  for (const bool fresh : {true, false}) {
    for (const char* term_before : {"", "lease/3", "lease/4"}) {
      storage::Loaded loaded = fresh ? storage::Loaded{} : stored(7, 1, "1");
      if (!fresh) loaded.budget = storage::BudgetRow{50, BootTime(1h), "lease/3"};
      CarryingBench bench(loaded);
      ControllerSettings limited = bench.settings;
      limited.limits.budget.rate = 1;
      bench.controller.configure(limited);
      const auto tokens = [&] {
        return bench.controller.governor().bucket().tokens(bench.clock.now().boot);
      };
      const double before = tokens();
      REQUIRE(before >= 50);
      bench.controller.begin_term("lease/5", term_before);
      CHECK(tokens() == (fresh || term_before == std::string("lease/3") ? before : 0));
      bench.controller.turn();
      const auto& kept = bench.store.batches.back().budget;
      REQUIRE(kept);
      CHECK(kept->term == "lease/5");
      CHECK(kept->tokens == tokens());
    }
  }
}

TEST_CASE("What was taken on by no update coalesces the change that waits") {
  CarryingBench bench;
  bench.begin(bench.carrying(3, 4, "1", {{"a", "1"}}));
  bench.see(bench.carrying(3, 4, "1", {{"a", "2"}}));
  CHECK(bench.workload().change_pending);
  Observation observation = bench.carrying(3, 4, "1", {{"a", "2"}});
  observation.taken_on = observation.references;
  bench.see(observation);
  CHECK_FALSE(bench.workload().change_pending);
  CHECK(bench.workload().coalesced == 1);
  bench.see(bench.carrying(3, 4, "1", {{"a", "1"}}));
  CHECK(bench.workload().change_pending);
}

TEST_CASE("A mistrusted workload gets one update, though nothing changed") {
  CarryingBench bench;
  bench.begin(bench.carrying(0, 0, "1", {{"a", "1"}}));
  Observation observation = bench.carrying(0, 0, nullptr, {{"a", "1"}});
  observation.mistrusted = true;
  bench.see(observation);
  REQUIRE(bench.provider.log == std::vector<std::string>{"prepare web"});
  CHECK(bench.provider.last.counter == 1);
  bench.update();
  CHECK(bench.counter() == 1);
  CHECK(bench.provider.log.size() == 2);
}

TEST_CASE("An update that is found while another is prepared calls that one off") {
  CarryingBench bench;
  bench.begin(bench.carrying(0, 0, "1", {{"a", "1"}}));
  bench.see(bench.carrying(0, 0, "1", {{"a", "2"}}));
  bench.see(bench.carrying(1, 4, "3", {{"a", "2"}}));
  bench.round([&] { bench.controller.prepared(bench.provider.last.id, ""); });
  bench.commit_all();
  CHECK(bench.provider.log == std::vector<std::string>{"prepare web", "cancel web"});
  CHECK(bench.workload().memory.level == 4);
  CHECK(bench.workload().memory.answered_at == bench.clock.now().boot);
}

TEST_CASE("A decision anew comes at once, and the second in a row after the retry backoff") {
  CarryingBench bench;
  bench.begin(bench.carrying(0, 0, "1", {{"a", "1"}}));
  bench.see(bench.carrying(0, 0, "1", {{"a", "2"}}));
  for (int i = 0; i < 2; ++i) {
    Answer answer;
    answer.outcome = Outcome::refused;
    answer.decide_anew = true;
    bench.round([&] { bench.controller.prepared(bench.provider.last.id, ""); });
    bench.round([&] { bench.controller.answered(bench.provider.last.id, answer); });
  }
  CHECK(bench.provider.log ==
        std::vector<std::string>{"prepare web", "send web", "prepare web", "send web"});
  bench.clock.advance(3s);
  bench.controller.turn();
  CHECK(bench.provider.log.size() == 5);
}

}  // namespace
}  // namespace ebbgate::testing
