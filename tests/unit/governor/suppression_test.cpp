#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

TEST_CASE("a change that goes out at once is not suppressed") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  CHECK(h.workload(web).changes == 1);
  CHECK(h.workload(web).suppressed == 0);
  CHECK(h.count(Action::wait) == 0);
}

TEST_CASE("a change under a closed backoff is suppressed once, however long it waits") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 10ms, 3s);  // sent at 0 and 1 s; level 2
  h.run_until(2990ms);
  const std::uint64_t before = h.suppressed(Gate::backoff);
  h.change(web, "x");
  CHECK(h.suppressed(Gate::backoff) == before + 1);
  h.run_until(2999ms);
  h.missing(web, "gone");
  h.missing(web, "");
  h.run_until(100s);
  CHECK(h.suppressed(Gate::backoff) == before + 1);
}

TEST_CASE("settle alone suppresses nothing") {
  Harness h;
  const Handle web = h.add("web", policy({}, {500ms, 5s}));
  h.storm(web, 100ms, 2s);
  h.run_until(20s);
  CHECK(h.workload(web).suppressed == 0);
  CHECK(h.workload(web).coalesced == 19);
}

TEST_CASE("a change is counted as suppressed when its settle ends") {
  Harness h;
  const Handle web = h.add("web", policy({}, {500ms, 5s}));
  h.change(web, "a");
  h.run_until(500ms);
  h.change(web, "b");  // backoff until 1.5 s, settle until 1 s
  CHECK(h.suppressed(Gate::backoff) == 0);
  h.run_until(999ms);
  CHECK(h.suppressed(Gate::backoff) == 0);
  h.run_until(1s);
  CHECK(h.suppressed(Gate::backoff) == 1);
}

TEST_CASE("a change whose settle ends when all other gates are open is not suppressed") {
  Harness h;
  const Handle web = h.add("web", policy({}, {500ms, 5s}));
  h.change(web, "a");
  h.run_until(1400ms);
  h.change(web, "b");  // backoff until 1.5 s, settle until 1.9 s
  h.run_until(3s);
  CHECK(h.sent.size() == 2);
  CHECK(h.workload(web).suppressed == 0);
}

TEST_CASE("a change that is coalesced before its settle ends counts under the gate closed then") {
  Harness h;
  const Handle web = h.add("web", policy({}, {500ms, 5s}));
  h.change(web, "a");
  h.run_until(600ms);
  h.change(web, "b");
  h.run_until(700ms);
  h.change(web, "c");
  CHECK(h.suppressed(Gate::backoff) == 1);
  h.run_until(20s);
  CHECK(h.suppressed(Gate::backoff) == 2);
  CHECK(h.workload(web).coalesced == 1);
}

TEST_CASE("the closed gate with the latest end counts") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  h.storm(web, 1s, 128s);
  h.run_until(140s);  // never ready: backoff until 191 s, health until 255 s
  const std::uint64_t health = h.suppressed(Gate::health);
  h.change(web, "x");
  CHECK(h.suppressed(Gate::health) == health + 1);
}

TEST_CASE("unknown ends count as the latest, in the order hold, missing, unfinished, budget") {
  Limits limits = unlimited();
  limits.budget = {0.0, 1};
  limits.unfinished.max = 1;
  Harness h(limits, 0);
  const Handle web = h.add("web");
  const auto gate_of_next_change = [&, n = std::make_shared<int>(0)]() {
    const auto before = h.governor().totals().suppressed;
    h.change(web, "x" + std::to_string(++*n));
    for (std::size_t gate = 0; gate < kGates; ++gate) {
      if (h.governor().totals().suppressed.at(gate) > before.at(gate)) return kGateNames.at(gate);
    }
    return std::string_view("none");
  };
  CHECK(gate_of_next_change() == "budget");
  // Someone else's rollout, never ready, takes the only slot.
  Memory unfinished;
  unfinished.applied = digest("0");
  unfinished.level = 1;
  unfinished.answered_at = BootTime(h.now());
  unfinished.rollout = Rollout::unfinished;
  h.add_with("other", unfinished, policy(), true);
  CHECK(gate_of_next_change() == "unfinished");
  h.missing(web, "gone");
  CHECK(gate_of_next_change() == "missing");
  h.hold(web, {true, std::nullopt});
  CHECK(gate_of_next_change() == "hold");
  h.hold(web, {true, h.instant().wall + 1h});
  CHECK(gate_of_next_change() == "missing");
}

TEST_CASE("changes = carried + coalesced + pending through every way a change can end") {
  Harness h;
  const Handle web = h.add("web");
  h.answer_by_hand = true;
  h.change(web, "a");
  h.change(web, "b");
  h.answer(h.sent.back(), refused());
  h.run_until(1s);
  h.change(web, "c");
  h.answer(h.sent.back(), unknown());
  h.change(web, "d");
  h.release(web);
  h.answer(h.sent.back(), applied());
  h.change(web, "e");
  h.change(web, "d");
  h.change(web, "f");
  h.remove(web);
  const Totals& totals = h.governor().totals();
  CHECK(totals.changes == 7);
  CHECK(totals.carried == 2);  // b (again), d; the harness checks the sum after every step
  CHECK(totals.coalesced == 5);
  CHECK(totals.changes_pending == 0);
}

TEST_CASE("an update carries at most one change, and a coalesced one is told of") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 100ms, 64s);
  h.run_until(127s);
  CHECK(h.workload(web).changes == 640);
  CHECK(h.governor().totals().carried == h.sent.size());
  CHECK(h.workload(web).coalesced == 640 - h.sent.size());
  CHECK(static_cast<std::uint64_t>(h.count(Action::coalesce)) == h.workload(web).coalesced);
}

TEST_CASE("a workload that waits tells it once, not at each change") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 10ms, 63s);
  h.run_until(62s);
  CHECK(h.count(Action::wait) == 6);
  CHECK(h.last(Action::wait)->gate == Gate::backoff);
  CHECK(h.last(Action::wait)->until == BootTime(63s));
}

TEST_CASE("content that goes back and forth behind a closed gate tells of its wait once") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.change(web, "b");
  h.run_until(1s);
  REQUIRE(h.sent.size() == 2);
  const int waits = h.count(Action::wait);
  for (Duration at = 1010ms; at < 3s; at += 20ms) {
    h.run_until(at);
    h.change(web, "c");
    h.change(web, "b");
  }
  CHECK(h.count(Action::wait) == waits + 1);
  CHECK(h.suppressed(Gate::backoff) == 101);  // counted all the same
  h.change(web, "c");
  h.run_until(3s);
  REQUIRE(h.sent.size() == 3);
  h.change(web, "d");
  CHECK(h.count(Action::wait) == waits + 2);
}

TEST_CASE("content that goes back and forth under a hold tells of its wait once") {
  Harness h;
  const Handle web = h.add("web");
  for (const Hold& hold : {Hold{true, std::nullopt}, Hold{true, h.instant().wall + 1h}}) {
    h.hold(web, hold);
    const int waits = h.count(Action::wait);
    for (int i = 0; i < 10; ++i) {
      h.run_until(h.now() + 1700us);
      h.change(web, "a");
      h.change(web, "0");
    }
    CHECK(h.count(Action::wait) <= waits + 1);
  }
  CHECK(h.count(Action::wait) > 0);
  CHECK(h.sent.empty());
}
