#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

using Durations = std::vector<Duration>;

TEST_CASE("a refused update restores level, time and applied as they were") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(10s);
  const Memory before = h.governor().memory(web);
  h.answer_by_hand = true;
  h.change(web, "b");
  REQUIRE(h.sent.size() == 2);
  CHECK(h.workload(web).memory.level == 2);
  h.run_until(12s);
  h.answer(h.sent.back(), refused());
  CHECK(h.governor().memory(web).level == before.level);
  CHECK(h.governor().memory(web).answered_at == before.answered_at);
  CHECK(h.governor().memory(web).applied == before.applied);
  CHECK(h.governor().memory(web).rollout == before.rollout);
  CHECK_FALSE(h.governor().memory(web).in_flight);
  CHECK(h.stored[web] == h.governor().memory(web));
}

TEST_CASE("a refused update is retried with the retry backoff, and never gives up") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return refused(); };
  h.change(web, "a");
  h.run_until(250s);
  CHECK(h.times(web) == Durations{0s, 1s, 3s, 7s, 15s, 31s, 63s, 123s, 183s, 243s});
  CHECK(h.workload(web).memory.level == 0);
}

TEST_CASE("a retry waits at least as long as the other side asked for") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return refused(false, 20s); };
  h.change(web, "a");
  h.run_until(45s);
  CHECK(h.times(web) == Durations{0s, 20s, 40s});
  CHECK(h.last(Action::answer)->until == BootTime(60s));
}

TEST_CASE("an absurd wish to wait neither overflows nor counts as the past") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return refused(false, Duration::max()); };
  h.change(web, "a");
  h.run_until(100h);
  CHECK(h.times(web) == Durations{0s});
  h.react = [](const Sent&) { return applied(); };
  h.release(web);
  CHECK(h.times(web).size() == 2);
}

TEST_CASE("the retry backoff starts over after an update that was not refused") {
  Harness h;
  const Handle web = h.add("web");
  int refusals = 3;
  h.react = [&](const Sent&) { return refusals-- > 0 ? refused() : applied(); };
  h.change(web, "a");
  h.run_until(100s);
  CHECK(h.times(web) == Durations{0s, 1s, 3s, 7s});
  refusals = 1;
  h.change(web, "b");
  h.run_until(200s);
  CHECK(h.times(web) == Durations{0s, 1s, 3s, 7s, 100s, 101s});
}

TEST_CASE("the retry carries the newest content") {
  Harness h;
  const Handle web = h.add("web");
  int refusals = 1;
  h.react = [&](const Sent&) { return refusals-- > 0 ? refused() : applied(); };
  h.change(web, "a");
  h.change(web, "b");
  h.run_until(10s);
  REQUIRE(h.sent.size() == 2);
  CHECK(h.sent[0].fingerprint == digest("a"));
  CHECK(h.sent[1].fingerprint == digest("b"));
  CHECK(h.workload(web).coalesced == 1);
  CHECK(h.governor().totals().carried == 1);
}

TEST_CASE("a change back while the refused update waits for its retry needs no update") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return refused(); };
  h.change(web, "a");
  h.change(web, "0");
  h.run_until(1000s);
  CHECK(h.times(web) == Durations{0s});
  CHECK(h.workload(web).coalesced == 2);
}

TEST_CASE("a change back while the update is in flight needs none if that one is refused") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return after(2s, refused()); };
  h.change(web, "a");
  h.run_until(1s);
  h.change(web, "0");
  h.run_until(1000s);
  CHECK(h.times(web) == Durations{0s});
  CHECK(h.workload(web).coalesced == 2);
}

TEST_CASE("an unknown outcome counts as an update, and one repeat follows after the next delay") {
  Harness h;
  const Handle web = h.add("web");
  bool first = true;
  h.react = [&](const Sent&) { return std::exchange(first, false) ? unknown() : applied(); };
  h.change(web, "a");
  CHECK(h.workload(web).memory.level == 1);
  CHECK_FALSE(h.workload(web).memory.applied.has_value());
  h.run_until(599s);
  CHECK(h.times(web) == Durations{0s, 2s});
  CHECK(h.sent[0].carries_change);
  CHECK_FALSE(h.sent[1].carries_change);
  CHECK(h.workload(web).memory.level == 1);
  CHECK(h.workload(web).changes == 1);
  CHECK(h.workload(web).coalesced == 0);
}

TEST_CASE("a command that fails for ever goes out every 10 minutes, and nothing else suffers") {
  Harness h;
  const Handle broken = h.add("broken");
  const Handle web = h.add("web");
  h.react = [&](const Sent& update) { return update.workload == broken ? unknown() : applied(); };
  h.change(broken, "a");
  h.run_until(9000s);
  const Durations spacings = h.spacings(broken);
  REQUIRE(spacings.size() > 20);
  CHECK(Durations(spacings.begin(), spacings.begin() + 12) ==
        Durations{2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 512s, 600s, 600s, 600s});
  for (std::size_t i = 10; i < spacings.size(); ++i) CHECK(spacings[i] == Duration(600s));
  h.change(web, "a");
  CHECK(h.times(web) == Durations{9000s});
}

TEST_CASE("after an unknown outcome even a change back needs an update") {
  Harness h;
  const Handle web = h.add("web");
  bool first = true;
  h.react = [&](const Sent&) { return std::exchange(first, false) ? unknown() : applied(); };
  h.change(web, "a");
  h.change(web, "0");
  h.run_until(100s);
  REQUIRE(h.sent.size() == 2);
  CHECK(h.sent[1].fingerprint == digest("0"));
  CHECK(h.sent[1].at == Duration(1s));
}

TEST_CASE("an unknown outcome is not ready, whatever is reported, until the next applied one") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  h.react = [](const Sent&) { return unknown(); };
  h.change(web, "a");
  h.run_until(130s);
  h.rolled_out(web, true);
  CHECK(h.workload(web).memory.rollout == Rollout::unfinished);
  h.react = [](const Sent&) { return applied(5s); };
  h.run_until(300s);
  CHECK(h.times(web).back() == Duration(254s));
  CHECK(h.workload(web).memory.rollout == Rollout::ready);
  CHECK(h.workload(web).memory.level == 1);
}

TEST_CASE("an applied update after unknown ones brings an unjudged workload back to L(max)") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return unknown(); };
  h.storm(web, 500ms, 700s);
  h.run_until(600s);
  CHECK(h.workload(web).memory.level == 10);
  h.react = [](const Sent&) { return applied(); };
  h.run_until(1100s);
  CHECK(h.workload(web).memory.level == 7);
  CHECK(h.governor().view(h.instant(), web).state == "idle");
}

TEST_CASE("sending makes applied unknown, a success makes it what was sent") {
  Harness h;
  const Handle web = h.add("web");
  h.answer_by_hand = true;
  h.change(web, "a");
  CHECK_FALSE(h.governor().memory(web).applied.has_value());
  CHECK(h.governor().memory(web).in_flight);
  h.answer(h.sent.back(), applied());
  CHECK(h.governor().memory(web).applied == digest("a"));
  CHECK_FALSE(h.governor().memory(web).in_flight);
}

TEST_CASE("while an update is in flight a change is compared with what is in flight") {
  Harness h;
  const Handle web = h.add("web");
  h.answer_by_hand = true;
  h.change(web, "a");
  h.change(web, "b");
  h.change(web, "a");
  h.answer(h.sent.back(), applied());
  h.run_until(500s);
  CHECK(h.sent.size() == 1);
  CHECK(h.workload(web).coalesced == 2);
}

TEST_CASE("an answer that comes twice, late or for another attempt changes nothing") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  const Memory before = h.governor().memory(web);
  h.governor().answered(h.instant(), web, h.sent.back().attempt, refused().answer);
  h.governor().answered(h.instant(), web, 4711, unknown().answer);
  h.governor().committed(h.instant(), web, h.sent.back().attempt);
  CHECK(h.governor().memory(web) == before);
  CHECK(h.governor().take_decisions().empty());
}

TEST_CASE("an attempt that could not be prepared is refused before it was sent") {
  Harness h;
  const Handle web = h.add("web");
  h.commit_by_hand = true;
  h.change(web, "a");
  REQUIRE(h.begun.size() == 1);
  h.governor().answered(h.instant(), web, h.begun[0].second, refused(true).answer);
  h.step();
  CHECK(h.workload(web).memory.level == 0);
  CHECK(h.workload(web).memory.applied == digest("0"));
  h.commit_by_hand = false;
  h.run_until(10s);
  CHECK(h.times(web) == Durations{1s});
  CHECK(h.sent[0].carries_change);
}

TEST_CASE("an attempt that was never sent cannot have been applied") {
  Harness h;
  const Handle web = h.add("web");
  h.commit_by_hand = true;
  h.change(web, "a");
  h.governor().answered(h.instant(), web, h.begun[0].second, applied().answer);
  h.step();
  CHECK_FALSE(h.workload(web).memory.applied.has_value());
}

TEST_CASE("a change that follows a refused one waits since that first one") {
  Harness h;
  const Handle web = h.add("web");
  h.answer_by_hand = true;
  h.run_until(10s);
  h.change(web, "a");
  h.run_until(12s);
  h.change(web, "b");
  h.answer(h.sent.back(), refused());
  CHECK(h.governor().view(h.instant(), web).pending_since == BootTime(10s));
  CHECK(h.governor().oldest_pending() == BootTime(10s));
}
