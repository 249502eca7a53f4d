#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

using Durations = std::vector<Duration>;

namespace {

/// A new process that finds what `h` has stored.
struct Restarted {
  Restarted(Harness& before, Handle handle, Duration at, bool same_boot = true,
            Duration boot_time = Duration(-1))
      : start(boot_time < 0s ? at : boot_time), h(unlimited(), 1e9, start, false) {
    const Memory memory = restored(before.stored[handle], same_boot, BootTime(start), *policy());
    web = h.add_with("web", memory);
  }
  Duration start;
  Harness h;
  Handle web = 0;
};

/// Storms until `until`: 7 updates by 63 s, the level 7.
Handle storm_until(Harness& h, Duration until) {
  const Handle web = h.add("web");
  h.storm(web, 1s, until);
  h.run_until(until);
  return web;
}

}  // namespace

TEST_CASE("a restart with nothing changed sends nothing and keeps level and wait") {
  Harness h;
  const Handle web = storm_until(h, 64s);
  h.run_until(100s);
  h.change(web, "last");
  h.run_until(130s);
  REQUIRE(h.times(web).back() == Duration(127s));
  Restarted r(h, web, 140s);
  r.h.change(r.web, "last");
  r.h.deciding(true);
  CHECK(r.h.workload(r.web).memory.level == 7);
  r.h.run_until(3000s);
  CHECK(r.h.sent.empty());
}

TEST_CASE("a change made while Ebbgate was down goes out after what is left of the delay") {
  Harness h;
  const Handle web = storm_until(h, 63s);
  h.run_until(63s);
  REQUIRE(h.times(web).back() == Duration(63s));
  Restarted r(h, web, 100s);
  r.h.change(r.web, "new");
  r.h.deciding(true);
  r.h.run_until(300s);
  CHECK(r.h.times(r.web) == Durations{127s});
  CHECK(r.h.workload(r.web).changes == 1);
  CHECK(r.h.sent[0].carries_change);
}

TEST_CASE("a crash with an update in flight counts as unknown, answered at the restart") {
  Harness h;
  h.answer_by_hand = true;
  const Handle web = h.add("web");
  h.change(web, "a");
  REQUIRE(h.stored[web].in_flight);
  Restarted r(h, web, 50s);
  CHECK(r.h.workload(r.web).memory.answered_at == BootTime(50s));
  CHECK(r.h.workload(r.web).memory.level == 1);
  CHECK_FALSE(r.h.workload(r.web).memory.in_flight);
  r.h.change(r.web, "a");
  r.h.deciding(true);
  r.h.run_until(600s);
  CHECK(r.h.times(r.web) == Durations{52s});
  CHECK(r.h.sent[0].level == 1);
  CHECK_FALSE(r.h.sent[0].carries_change);
  CHECK(r.h.workload(r.web).changes == 0);
}

TEST_CASE("a second restart does not lengthen the wait after a crash") {
  Memory memory;
  memory.level = 5;
  memory.in_flight = true;
  memory.applied = digest("a");
  memory.answered_at = BootTime(0s);
  memory.forgive_not_before = BootTime(660s);
  const Memory once = restored(memory, true, BootTime(100s), *policy());
  CHECK(once.answered_at == BootTime(100s));
  CHECK_FALSE(once.applied.has_value());
  const Memory twice = restored(once, true, BootTime(105s), *policy());
  CHECK(twice == once);
}

TEST_CASE("on another boot the last update counts as answered now") {
  Harness h;
  const Handle web = storm_until(h, 63s);
  h.run_until(10000s);  // forgiven by now in memory; what was stored before is what matters here
  Memory memory = h.stored[web];
  memory.level = 7;
  memory.answered_at = BootTime(63s);
  memory.forgive_not_before = BootTime(723s);
  h.stored[web] = memory;
  Restarted r(h, web, 0s, false, 20s);
  r.h.change(r.web, "new");
  r.h.deciding(true);
  r.h.run_until(400s);
  CHECK(r.h.times(r.web) == Durations{84s});
}

TEST_CASE("on another boot forgiveness waits for stable_after from now") {
  Memory memory;
  memory.level = 3;
  memory.applied = digest("0");
  memory.answered_at = BootTime(5s);
  memory.forgive_not_before = BootTime(7s);
  const Memory now = restored(memory, false, BootTime(100s), *policy());
  CHECK(now.answered_at == BootTime(100s));
  CHECK(now.forgive_not_before == BootTime(700s));
}

TEST_CASE("an answer that lies in the future counts as given now") {
  Memory memory;
  memory.level = 3;
  memory.answered_at = BootTime(100h);
  memory.forgive_not_before = BootTime(101h);
  const Memory now = restored(memory, true, BootTime(100s), *policy());
  CHECK(now.answered_at == BootTime(100s));
  CHECK(now.forgive_not_before == BootTime(700s));
}

TEST_CASE("what cannot be is mended: an unfinished rollout without an answer was answered now") {
  Memory memory;
  memory.rollout = Rollout::unfinished;
  memory.applied = digest("0");
  const Memory now = restored(memory, true, BootTime(100s), *policy());
  CHECK(now.answered_at == BootTime(100s));
}

TEST_CASE("a workload whose state was lost starts at the level given, answered now") {
  const Memory memory = lost(7, BootTime(100s), *policy());
  CHECK(memory.level == 7);
  CHECK(memory.answered_at == BootTime(100s));
  CHECK(memory.forgive_not_before == BootTime(700s));
  CHECK_FALSE(memory.applied.has_value());
  Harness h(unlimited(), 1e9, 100s);
  const Handle web = h.add_with("web", memory);
  h.change(web, "a");
  h.run_until(300s);
  CHECK(h.times(web) == Durations{164s});
}

TEST_CASE("after a restart forgiveness needs both its stored time and stable_after of rest") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(300s);
  REQUIRE(h.stored[web].forgive_not_before == BootTime(660s));
  Restarted r(h, web, 310s);
  r.h.change(r.web, "a");
  r.h.deciding(true);
  r.h.run_until(659s);
  CHECK(r.h.workload(r.web).memory.level == 1);
  r.h.run_until(661s);
  CHECK(r.h.workload(r.web).memory.level == 0);
}

TEST_CASE("a crash loop forgives: rests add up over restarts") {
  Harness first;
  const Handle web = first.add("web");
  first.change(web, "a");
  first.run_until(50s);
  Memory memory = first.stored[web];
  for (int restart = 1; restart <= 20; ++restart) {
    const Duration at = restart * 50s;
    Harness h(unlimited(), 1e9, at, false);
    const Handle same = h.add_with("web", restored(memory, true, BootTime(at), *policy()));
    h.change(same, "a");
    h.deciding(true);
    h.run_until(at + 49s);
    memory = h.governor().memory(same);
  }
  CHECK(memory.level == 0);
}

TEST_CASE("nothing is forgiven before everything was listed") {
  Harness h(unlimited(), 1e9, 5000s, false);
  Memory memory;
  memory.level = 4;
  memory.applied = digest("0");
  memory.answered_at = BootTime(0s);
  memory.forgive_not_before = BootTime(660s);
  const Handle web = h.add_with("web", memory);
  h.run_until(6000s);
  CHECK(h.workload(web).memory.level == 4);
  h.change(web, "0");
  h.run_until(7000s);
  CHECK(h.workload(web).memory.level == 4);
  h.deciding(true);
  CHECK(h.workload(web).memory.level == 0);
}

TEST_CASE("a rollout that was not ready before the restart is still not ready after it") {
  Memory memory;
  memory.level = 9;
  memory.applied = digest("0");
  memory.answered_at = BootTime(100s);
  memory.forgive_not_before = BootTime(760s);
  memory.rollout = Rollout::unfinished;
  Harness h(unlimited(), 1e9, 110s);
  const Handle web =
      h.add_with("web", restored(memory, true, BootTime(110s), *policy()), policy(), true);
  h.change(web, "a");
  h.run_until(400s);
  CHECK(h.times(web) == Durations{356s});
}

TEST_CASE("a rollout that nobody judges any more after the restart is capped by max") {
  Memory memory;
  memory.level = 9;
  memory.applied = digest("0");
  memory.answered_at = BootTime(100s);
  memory.forgive_not_before = BootTime(760s);
  memory.rollout = Rollout::unfinished;
  Harness h(unlimited(), 1e9, 110s);
  const Handle web =
      h.add_with("web", restored(memory, true, BootTime(110s), *policy()), policy(), false);
  h.change(web, "a");
  h.run_until(400s);
  CHECK(h.times(web) == Durations{164s});
}

TEST_CASE("a first sight without a memory is adopted by the caller or asks for one update") {
  Harness h;
  const Handle web = h.add_with("web", Memory());
  h.change(web, "a");
  h.run_until(100s);
  CHECK(h.times(web) == Durations{0s});
  CHECK(h.workload(web).changes == 0);
}

TEST_CASE("deleting and recreating a workload does not launder its level") {
  Harness h;
  const Handle web = storm_until(h, 63s);
  h.remove(web);
  h.run_until(100s);
  const Handle again = h.add_with("web", Memory());
  CHECK(again == web);
  h.change(again, "new");
  h.run_until(200s);
  CHECK(h.times(web).back() == Duration(127s));
}

TEST_CASE("a workload that is gone is forgotten once it is forgiven") {
  Harness h;
  const Handle web = storm_until(h, 63s);
  h.run_until(70s);
  h.remove(web);
  h.run_until(660s);
  CHECK(h.governor().find({"default", "Local", "web"}).has_value());
  h.run_until(2000s);
  CHECK(h.count(Action::forget) == 1);
  CHECK_FALSE(h.governor().find({"default", "Local", "web"}).has_value());
  CHECK_FALSE(h.governor().contains(web));
  CHECK(h.governor().size() == 0);
}

TEST_CASE("a workload without a level is forgotten as soon as it is gone, and its handle reused") {
  Harness h;
  const Handle web = h.add("web");
  h.remove(web);
  CHECK(h.count(Action::forget) == 1);
  CHECK(h.add("other") == web);
}

TEST_CASE("a workload that goes while its update is in flight is kept until it is forgiven") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return after(10s, applied()); };
  h.change(web, "a");
  h.run_until(1s);
  h.remove(web);
  h.run_until(500s);
  CHECK(h.governor().contains(web));
  h.run_until(700s);
  CHECK_FALSE(h.governor().contains(web));
}

TEST_CASE("a handle that ends leaves no trace in what is taken later") {
  Harness h;
  const Handle web = h.add("web");
  h.governor().take_decisions();
  h.governor().remove(h.instant(), web);
  h.governor().release_handles();
  CHECK(h.governor().take_dirty().empty());
  CHECK(h.governor().take_touched().empty());
}
