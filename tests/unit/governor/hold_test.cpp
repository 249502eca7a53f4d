#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

using Durations = std::vector<Duration>;

namespace {

const Hold kHeld{true, std::nullopt};

}  // namespace

TEST_CASE("while a workload is held nothing is sent, and afterwards the newest content goes") {
  Harness h;
  const Handle web = h.add("web");
  h.hold(web, kHeld);
  h.change(web, "a");
  h.run_until(500s);
  h.change(web, "b");
  CHECK(h.sent.empty());
  CHECK(h.last(Action::wait)->gate == Gate::hold);
  h.run_until(1000s);
  h.hold(web, {});
  REQUIRE(h.sent.size() == 1);
  CHECK(h.sent[0].fingerprint == digest("b"));
}

TEST_CASE("while a workload is held nothing is forgiven, and the rest goes on afterwards") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(200s);
  h.hold(web, kHeld);
  h.run_until(5000s);
  CHECK(h.workload(web).memory.level == 1);
  h.hold(web, {});
  h.run_until(5399s);
  CHECK(h.workload(web).memory.level == 1);
  h.run_until(5401s);
  CHECK(h.workload(web).memory.level == 0);
}

TEST_CASE("a change during the hold lets the rest begin when the hold ends") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(100s);
  h.hold(web, kHeld);
  h.run_until(200s);
  h.change(web, "b");
  h.run_until(300s);
  h.change(web, "a");
  h.run_until(1000s);
  h.hold(web, {});
  h.run_until(1599s);
  CHECK(h.workload(web).memory.level == 1);
  h.run_until(1601s);
  CHECK(h.workload(web).memory.level == 0);
  CHECK(h.sent.size() == 1);
}

TEST_CASE("what is stored keeps a rest that a hold interrupted from being cut by a restart") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(10s);
  h.hold(web, kHeld);
  h.run_until(10000s);
  h.hold(web, {});
  h.run_until(10010s);
  const Memory memory = restored(h.stored[web], true, BootTime(h.now()), *policy());
  Harness again(unlimited(), 1e9, h.now(), false);
  const Handle same = again.add_with("web", memory);
  again.change(same, "a");
  again.deciding(true);
  again.run_until(10500s);
  CHECK(again.workload(same).memory.level == 1);
}

TEST_CASE("a hold found at the start forgives nothing, and the rest is counted from its end") {
  Harness h(unlimited(), 1e9, 5000s, false);
  Memory memory;
  memory.level = 4;
  memory.answered_at = BootTime(0s);
  memory.forgive_not_before = BootTime(660s);
  memory.applied = digest("0");
  const Handle web = h.add_with("web", restored(memory, true, BootTime(5000s), *policy()));
  h.hold(web, kHeld);
  h.change(web, "0");
  h.deciding(true);
  CHECK(h.workload(web).memory.level == 4);
  h.run_until(6000s);
  h.hold(web, {});
  h.run_until(6599s);
  CHECK(h.workload(web).memory.level == 4);
  h.run_until(6601s);
  CHECK(h.workload(web).memory.level == 0);
}

TEST_CASE("a hold until a time ends by the wall clock") {
  Harness h;
  const Handle web = h.add("web");
  h.hold(web, {true, h.instant().wall + 1h});
  h.change(web, "a");
  CHECK(h.governor().view(h.instant(), web).next_update == BootTime(1h));
  h.run_until(2h);
  CHECK(h.times(web) == Durations{1h});
}

TEST_CASE("a hold until a time follows a wall clock that jumps") {
  Harness h;
  const Handle web = h.add("web");
  h.hold(web, {true, h.instant().wall + 1h});
  h.change(web, "a");
  h.run_until(100s);
  h.jump_wall_clock(1h);
  h.run_until(200s);
  REQUIRE(h.times(web).size() == 1);
  CHECK(h.times(web)[0] <= Duration(110s));
}

TEST_CASE("a hold until the year 9999 is held, without an overflow") {
  Harness h;
  const Handle web = h.add("web");
  h.hold(web, {true, WallTime(std::chrono::sys_days(std::chrono::year(9999) / 12 / 31))});
  h.change(web, "a");
  h.run_until(100h);
  CHECK(h.sent.empty());
  CHECK(h.governor().view(h.instant(), web).state == "held");
}

TEST_CASE("after a hold the update queues like any other") {
  Limits limits = unlimited();
  limits.budget = {1.0, 1};
  Harness h(limits, 0);
  const Handle held = h.add("held");
  const Handle other = h.add("other");
  h.hold(held, kHeld);
  h.change(held, "a");
  h.run_until(900ms);
  h.configure([] {
    Limits empty = unlimited();
    empty.budget = {0.0, 1};
    return empty;
  }());
  h.change(other, "a");
  h.run_until(950ms);
  h.hold(held, {});
  h.configure(limits);
  h.run_until(10s);
  REQUIRE(h.sent.size() == 2);
  CHECK(h.sent[0].workload == other);
  CHECK(h.sent[1].workload == held);
}

TEST_CASE("the delay runs on during a hold") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 1s, 40s);
  h.run_until(40s);
  h.hold(web, kHeld);
  h.run_until(100s);
  h.hold(web, {});
  CHECK(h.times(web).back() == Duration(100s));
}
