#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

using Durations = std::vector<Duration>;

namespace {

Limits caps(std::optional<int> max, std::optional<int> per_namespace = std::nullopt) {
  Limits limits = unlimited();
  limits.unfinished.max = max;
  limits.unfinished.per_namespace = per_namespace;
  return limits;
}

}  // namespace

TEST_CASE("the cap on unfinished rollouts holds further ones back until one is ready") {
  Harness h(caps(2));
  std::vector<Handle> all;
  for (int i = 0; i < 3; ++i) all.push_back(h.add("w" + std::to_string(i), policy(), true));
  for (const Handle handle : all) h.change(handle, "a");
  CHECK(h.sent.size() == 2);
  CHECK(h.governor().totals().rollouts_unfinished == 2);
  h.run_until(5s);
  h.rolled_out(all[0], true);
  CHECK(h.times(all[2]) == Durations{5s});
}

TEST_CASE("a workload's further update uses its own slot") {
  Harness h(caps(1));
  const Handle web = h.add("web", policy(), true);
  const Handle other = h.add("other", policy(), true);
  h.storm(web, 1s, 10s);
  h.change(other, "a");
  h.run_until(10s);
  CHECK(h.times(web) == Durations{0s, 1s, 3s, 7s});
  CHECK(h.times(other).empty());
}

TEST_CASE("a slot is freed where nobody judges the rollout") {
  Harness h(caps(1));
  for (int i = 0; i < 5; ++i) h.change(h.add("w" + std::to_string(i)), "a");
  CHECK(h.sent.size() == 5);
}

TEST_CASE("a slot is freed when the workload is deleted") {
  Harness h(caps(1));
  const Handle gone = h.add("gone", policy(), true);
  const Handle other = h.add("other", policy(), true);
  h.change(gone, "a");
  h.change(other, "a");
  CHECK(h.times(other).empty());
  h.remove(gone);
  CHECK(h.times(other) == Durations{0s});
}

TEST_CASE("a slot is freed when the rollout is no longer judged, as when it is paused") {
  Harness h(caps(1));
  const Handle paused = h.add("paused", policy(), true);
  const Handle other = h.add("other", policy(), true);
  h.change(paused, "a");
  h.change(other, "a");
  h.set_policy(paused, policy(), false);
  CHECK(h.times(other) == Durations{0s});
}

TEST_CASE("a slot is freed when the rollout has failed, which stays unhealthy") {
  Harness h(caps(1));
  const Handle failed = h.add("failed", policy(), true);
  const Handle other = h.add("other", policy(), true);
  h.change(failed, "a");
  h.change(other, "a");
  h.rolled_out(failed, false);
  CHECK(h.times(other) == Durations{0s});
  CHECK(h.governor().view(h.instant(), failed).state == "unhealthy");
}

TEST_CASE("a slot is taken back after unfinished.timeout, which is said and counted once") {
  Harness h(caps(1));
  const Handle slow = h.add("slow", policy(), true);
  const Handle other = h.add("other", policy(), true);
  h.change(slow, "a");
  h.change(other, "a");
  h.run_until(599s);
  CHECK(h.times(other).empty());
  h.run_until(601s);
  CHECK(h.times(other) == Durations{600s});
  CHECK(h.count(Action::time_out) == 1);
  CHECK(h.governor().totals().rollouts_timed_out == 1);
  CHECK(h.workload(slow).memory.rollout == Rollout::failed);
}

TEST_CASE("a rollout that gets ready after its slot was taken back is ready all the same") {
  Harness h(caps(1));
  const Handle slow = h.add("slow", policy(), true);
  h.change(slow, "a");
  h.run_until(700s);
  h.rolled_out(slow, true);
  CHECK(h.workload(slow).memory.rollout == Rollout::ready);
}

TEST_CASE("an unknown outcome holds a slot, also where nobody judges") {
  Harness h(caps(1));
  const Handle broken = h.add("broken");
  const Handle other = h.add("other");
  h.react = [&](const Sent& update) { return update.workload == broken ? unknown() : applied(); };
  h.change(broken, "a");
  h.change(other, "a");
  CHECK(h.times(other).empty());
  h.run_until(100s);
  CHECK(h.times(other).empty());
}

TEST_CASE("a namespace at its cap is passed over") {
  Harness h(caps(std::nullopt, 1));
  const Handle first = h.add("first", policy(), true, "a");
  const Handle second = h.add("second", policy(), true, "a");
  const Handle other = h.add("other", policy(), true, "b");
  h.change(first, "x");
  h.change(second, "x");
  h.change(other, "x");
  CHECK(h.times(first) == Durations{0s});
  CHECK(h.times(second).empty());
  CHECK(h.times(other) == Durations{0s});
  h.run_until(3s);
  h.rolled_out(first, true);
  CHECK(h.times(second) == Durations{3s});
}

TEST_CASE("slots are rebuilt at the start") {
  Harness h(caps(1));
  Memory unfinished;
  unfinished.level = 1;
  unfinished.applied = digest("0");
  unfinished.answered_at = BootTime(0s);
  unfinished.forgive_not_before = BootTime(660s);
  unfinished.rollout = Rollout::unfinished;
  const Handle before = h.add_with("before", unfinished, policy(), true);
  h.change(before, "0");
  const Handle other = h.add("other", policy(), true);
  h.change(other, "a");
  CHECK(h.governor().totals().rollouts_unfinished == 1);
  CHECK(h.times(other).empty());
  h.rolled_out(before, true);
  CHECK(h.times(other) == Durations{0s});
}

TEST_CASE("a raised cap lets the waiting ones go") {
  Harness h(caps(1));
  for (int i = 0; i < 4; ++i) h.change(h.add("w" + std::to_string(i), policy(), true), "a");
  CHECK(h.sent.size() == 1);
  h.configure(caps(3));
  CHECK(h.sent.size() == 3);
}

TEST_CASE("a refused update frees the slot it took") {
  Harness h(caps(1));
  const Handle down = h.add("down", policy(), true);
  const Handle other = h.add("other", policy(), true);
  h.react = [&](const Sent& update) { return update.workload == down ? refused() : applied(); };
  h.change(down, "a");
  h.change(other, "a");
  CHECK(h.times(other) == Durations{0s});
}

TEST_CASE("a workload that holds a slot is told of other gates, not of the cap") {
  Harness h(caps(1));
  const Handle web = h.add("web", policy(), true);
  h.change(web, "a");
  h.change(web, "b");
  CHECK(h.suppressed(Gate::unfinished) == 0);
  CHECK(h.suppressed(Gate::backoff) == 1);
}

TEST_CASE("rollouts that were given up are counted until they are ready, replaced or gone") {
  Harness h(unlimited());
  const Handle web = h.add("web", policy(), true);
  const Handle other = h.add("other", policy(), true);
  h.change(web, "a");
  h.change(other, "a");
  CHECK(h.governor().totals().rollouts_failed == 0);
  h.rolled_out(web, false);
  h.rolled_out(web, false);
  h.rolled_out(other, false);
  CHECK(h.governor().totals().rollouts_failed == 2);
  h.rolled_out(web, true);
  CHECK(h.governor().totals().rollouts_failed == 1);
  h.run_until(1h);
  h.change(other, "b");
  CHECK(h.sent.size() == 3);
  CHECK(h.governor().totals().rollouts_failed == 0);
  h.rolled_out(other, false);
  CHECK(h.governor().totals().rollouts_failed == 1);
  h.remove(other);
  CHECK(h.governor().totals().rollouts_failed == 0);
}
