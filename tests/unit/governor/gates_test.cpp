#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

using Durations = std::vector<Duration>;

namespace {

const SettleSettings kSettle{500ms, 5s};

std::optional<ClosedGate> closed(Harness& h, Handle handle, Gate gate) {
  const GateList gates = h.governor().view(h.instant(), handle).gates;
  for (const ClosedGate& closed : gates) {
    if (closed.gate == gate) return closed;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("settle waits for a quiet time, so that changes made together are one update") {
  Harness h;
  const Handle web = h.add("web", policy({}, kSettle));
  for (int i = 0; i < 5; ++i) {
    h.run_until(i * 100ms);
    h.change(web, std::to_string(i + 1));
  }
  h.run_until(10s);
  CHECK(h.times(web) == Durations{900ms});
  CHECK(h.sent[0].fingerprint == digest("5"));
  CHECK(h.workload(web).coalesced == 4);
  CHECK(h.workload(web).suppressed == 0);
}

TEST_CASE("settle ends at the latest when its max after the first unsent change is over") {
  Harness h;
  const Handle web = h.add("web", policy({}, kSettle));
  h.storm(web, 100ms, 5100ms);
  h.run_until(5s);
  CHECK(h.times(web) == Durations{5s});
}

TEST_CASE("a change back resets settle") {
  Harness h;
  const Handle web = h.add("web", policy({}, kSettle));
  h.storm(web, 100ms, 4900ms);
  h.run_until(4900ms);
  h.change(web, "0");
  h.run_until(5s);
  h.change(web, "x");
  h.run_until(5400ms);
  CHECK(h.sent.empty());
  h.run_until(5500ms);
  CHECK(h.times(web) == Durations{5500ms});
}

TEST_CASE("settle and backoff run side by side, not one after the other") {
  Harness h;
  const Handle web = h.add("web", policy({}, kSettle));
  h.change(web, "a");
  h.run_until(600ms);
  CHECK(h.times(web) == Durations{500ms});
  h.run_until(1200ms);
  h.change(web, "b");
  h.run_until(10s);
  CHECK(h.times(web) == Durations{500ms, 1700ms});  // settle ends at 1.7 s, backoff at 1.5 s
}

TEST_CASE("a change that is sent ends settle's first change") {
  Harness h;
  const Handle web = h.add("web", policy({}, {500ms, 600ms}));
  h.change(web, "a");
  h.run_until(20s);
  h.change(web, "b");
  h.run_until(20400ms);
  h.change(web, "c");
  h.run_until(60s);
  CHECK(h.times(web) == Durations{500ms, 20600ms});
}

TEST_CASE("backoff ends at answered + delay(level, max)") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 100ms, 5s);
  h.run_until(5s);
  const auto backoff = closed(h, web, Gate::backoff);
  REQUIRE(backoff.has_value());
  CHECK(backoff->until == BootTime(7s));
  CHECK(h.governor().view(h.instant(), web).next_update == BootTime(7s));
}

TEST_CASE("health is closed only while the last rollout is not ready, where it ends later") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  h.storm(web, 1s, 130s);
  h.run_until(20s);
  CHECK_FALSE(closed(h, web, Gate::health).has_value());  // both end at 31 s
  h.run_until(130s);
  REQUIRE(closed(h, web, Gate::health).has_value());
  CHECK(closed(h, web, Gate::health)->until == BootTime(255s));
  CHECK(closed(h, web, Gate::backoff)->until == BootTime(191s));
  h.rolled_out(web, true);
  CHECK_FALSE(closed(h, web, Gate::health).has_value());
  h.run_until(200s);
  CHECK(h.times(web).back() == Duration(191s));
}

TEST_CASE("while an update is in flight the end of the backoff is not known") {
  Harness h;
  const Handle web = h.add("web");
  h.answer_by_hand = true;
  h.change(web, "a");
  h.change(web, "b");
  REQUIRE(closed(h, web, Gate::backoff).has_value());
  CHECK_FALSE(closed(h, web, Gate::backoff)->until.has_value());
  CHECK_FALSE(h.governor().view(h.instant(), web).next_update.has_value());
  CHECK(h.governor().view(h.instant(), web).state == "updating");
}

TEST_CASE("missing configuration holds the update until it is there") {
  Harness h;
  const Handle web = h.add("web");
  h.missing(web, "app.yaml does not exist");
  h.change(web, "a");
  h.run_until(100s);
  CHECK(h.sent.empty());
  CHECK(h.governor().view(h.instant(), web).state == "missing");
  h.missing(web, "");
  CHECK(h.times(web) == Durations{100s});
}

TEST_CASE("a retry shows as a gate of its own") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return refused(); };
  h.change(web, "a");
  REQUIRE(closed(h, web, Gate::retry).has_value());
  CHECK(closed(h, web, Gate::retry)->until == BootTime(1s));
}

TEST_CASE("a workload's state is the first that holds of held, missing, updating, waiting …") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  const auto state = [&] { return h.governor().view(h.instant(), web).state; };
  CHECK(state() == "idle");
  h.answer_by_hand = true;
  h.change(web, "a");
  CHECK(state() == "updating");
  h.answer(h.sent.back(), applied());
  CHECK(state() == "rolling");
  h.change(web, "b");
  CHECK(state() == "waiting");
  h.missing(web, "x");
  CHECK(state() == "missing");
  h.hold(web, {true, std::nullopt});
  CHECK(state() == "held");
}

TEST_CASE("an update carries the newest content, and pending since tells the first change") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(200ms);
  h.change(web, "b");
  h.run_until(700ms);
  h.change(web, "c");
  CHECK(h.governor().view(h.instant(), web).pending_since == BootTime(200ms));
  CHECK(h.governor().oldest_pending() == BootTime(200ms));
  h.run_until(5s);
  REQUIRE(h.sent.size() == 2);
  CHECK(h.sent[1].fingerprint == digest("c"));
  CHECK(h.last(Action::send)->delay == Duration(800ms));
  CHECK_FALSE(h.governor().oldest_pending().has_value());
}

TEST_CASE("held and missing updates do not count as the oldest that waits") {
  Harness h;
  const Handle web = h.add("web");
  h.hold(web, {true, std::nullopt});
  h.change(web, "a");
  CHECK_FALSE(h.governor().oldest_pending().has_value());
}

TEST_CASE("the updates that wait are counted by the gate with the latest end") {
  Harness h;
  const Handle web = h.add("web");
  const auto waiting = [&](Gate gate) { return h.governor().totals().waiting.at(index_of(gate)); };
  h.change(web, "a");
  CHECK(waiting(Gate::backoff) == 0);
  h.change(web, "b");
  CHECK(waiting(Gate::backoff) == 1);
  h.hold(web, {true, std::nullopt});
  CHECK(waiting(Gate::backoff) == 0);
  CHECK(waiting(Gate::hold) == 1);
  h.change(web, "a");
  CHECK(waiting(Gate::hold) == 0);
}

TEST_CASE("nothing is decided before everything was listed once") {
  Harness h(unlimited(), 1e9, 0s, false);
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(100s);
  CHECK(h.begun.empty());
  h.deciding(true);
  CHECK(h.times(web) == Durations{100s});
  h.deciding(false);
  h.change(web, "b");
  h.run_until(300s);
  CHECK(h.times(web).size() == 1);
}

TEST_CASE("what a workload is held by is told also while it wants nothing") {
  Harness h;
  const Handle web = h.add("web");
  h.governor().set_missing(h.instant(), web, "ConfigMap settings does not exist");
  h.governor().set_hold(h.instant(), web, {true, h.instant().wall + 10s, ""});
  CHECK(closed(h, web, Gate::missing).has_value());
  CHECK(closed(h, web, Gate::hold).has_value());
  CHECK(h.governor().view(h.instant(), web).gates.size() == 2);
  CHECK_FALSE(h.governor().view(h.instant(), web).next_update.has_value());
  h.governor().set_missing(h.instant(), web, "");
  h.run_until(10s);
  CHECK(h.governor().view(h.instant(), web).gates.empty());
}

TEST_CASE("two that come due at the same moment go in the order in which they were added") {
  Harness h;
  const Handle first = h.add("zebra");
  const Handle second = h.add("ant");
  h.commit_by_hand = true;
  h.governor().desire(h.instant(), second, digest("a"));
  h.governor().desire(h.instant(), first, digest("a"));
  h.step();
  REQUIRE(h.begun.size() == 2);
  CHECK(h.begun[0].first == first);
  CHECK(h.begun[1].first == second);
}
