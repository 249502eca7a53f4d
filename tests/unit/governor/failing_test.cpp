#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

using Durations = std::vector<Duration>;

namespace {

std::string state(Harness& h, Handle handle) {
  return std::string(h.governor().view(h.instant(), handle).state);
}

Reaction unknown_because(FailureCause cause) {
  Reaction reaction = unknown();
  reaction.answer.cause = cause;
  return reaction;
}

Reaction refused_because(FailureCause cause) {
  Reaction reaction = refused();
  reaction.answer.cause = cause;
  return reaction;
}

}  // namespace

TEST_CASE("repeats of one fingerprint raise no level, and wait ever longer up to unhealthy_max") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return unknown_because(FailureCause::command_exit); };
  h.change(web, "a");
  h.run_until(3000s);
  CHECK(h.times(web) ==
        Durations{0s, 2s, 6s, 14s, 30s, 62s, 126s, 254s, 510s, 1022s, 1622s, 2222s, 2822s});
  CHECK(h.workload(web).memory.level == 1);
}

TEST_CASE(
    "the fix goes out within the delay of the level, however often the broken one was repeated") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent& update) {
    return update.fingerprint == digest("broken") ? unknown_because(FailureCause::command_exit)
                                                  : applied();
  };
  h.change(web, "broken");
  h.run_until(1100s);
  REQUIRE(h.times(web).back() == 1022s);
  h.change(web, "fixed");
  h.run_until(1200s);
  CHECK(h.times(web).back() == 1100s);
  CHECK(h.sent.back().fingerprint == digest("fixed"));
  CHECK(h.workload(web).memory.level == 2);
  CHECK(h.workload(web).memory.repeats == 0);
}

TEST_CASE("a change after repeats raises the level, and its own repeats begin anew") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return unknown(); };
  h.change(web, "a");
  h.run_until(100s);
  REQUIRE(h.times(web) == Durations{0s, 2s, 6s, 14s, 30s, 62s});
  h.change(web, "b");
  h.run_until(120s);
  CHECK(h.workload(web).memory.level == 2);
  CHECK(h.times(web) == Durations{0s, 2s, 6s, 14s, 30s, 62s, 100s, 104s, 112s});
}

TEST_CASE("a change that comes while a repeat is committed is not sent at the level of a repeat") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return unknown(); };
  h.change(web, "a");
  h.commit_by_hand = true;
  h.run_until(2s);
  REQUIRE(h.begun.size() == 2);
  h.change(web, "b");
  h.commit(web, h.begun.back().second);
  CHECK(h.count(Action::cancel) == 1);
  REQUIRE(h.begun.size() == 3);
  h.commit(web, h.begun.back().second);
  REQUIRE(h.sent.size() == 2);
  CHECK(h.sent.back().fingerprint == digest("b"));
  CHECK(h.sent.back().level == 2);
}

TEST_CASE("how often it was repeated survives a restart") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return unknown(); };
  h.change(web, "a");
  h.run_until(20s);
  REQUIRE(h.times(web) == Durations{0s, 2s, 6s, 14s});
  const Memory stored = restored(h.stored[web], true, BootTime(20s), *policy());
  CHECK(stored.repeats == 3);

  Harness next(unlimited(), 1e9, 20s);
  const Handle again = next.add_with("web", stored);
  next.react = [](const Sent&) { return unknown(); };
  next.change(again, "a");
  next.run_until(70s);
  CHECK(next.times(again) == Durations{30s, 62s});
  CHECK(next.workload(again).memory.level == 1);
}

TEST_CASE("a workload is failing from its first failed attempt until one is applied") {
  Harness h;
  const Handle web = h.add("web");
  int failures = 3;
  h.react = [&](const Sent&) {
    return failures-- > 0 ? refused_because(FailureCause::api_denied) : applied();
  };
  h.run_until(5s);
  CHECK(state(h, web) == "idle");
  h.change(web, "a");
  CHECK(state(h, web) == "failing");
  CHECK(h.governor().totals().failing == 1);
  h.run_until(10s);
  const View view = h.governor().view(h.instant(), web);
  REQUIRE(view.failing);
  CHECK(*view.failing == Failing{BootTime(5s), 3, FailureCause::api_denied});
  CHECK(view.pending_since == BootTime(5s));
  CHECK(h.governor().oldest_pending() == BootTime(5s));
  h.run_until(20s);
  CHECK(state(h, web) == "idle");
  CHECK_FALSE(h.governor().view(h.instant(), web).failing);
  CHECK(h.governor().totals().failing == 0);
  CHECK_FALSE(h.governor().oldest_pending());
}

TEST_CASE("a repeat that waits is pending since the first failure") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return after(1s, unknown_because(FailureCause::http_status)); };
  h.change(web, "a");
  h.run_until(100s);
  CHECK(state(h, web) == "failing");
  CHECK(h.governor().view(h.instant(), web).pending_since == BootTime(1s));
  CHECK(h.governor().oldest_pending() == BootTime(1s));
  CHECK(h.workload(web).change_pending == false);
}

TEST_CASE("a workload whose refused change is taken back is not failing any more") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return refused_because(FailureCause::http_unreachable); };
  h.change(web, "a");
  h.run_until(10s);
  REQUIRE(state(h, web) == "failing");
  h.change(web, "0");
  CHECK(state(h, web) == "idle");
  CHECK(h.governor().totals().failing == 0);
  CHECK_FALSE(h.governor().memory(web).failing);
}

TEST_CASE("being overtaken once is no failure, and twice in a row is one") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) {
    Reaction reaction = refused_because(FailureCause::api_conflict);
    reaction.answer.decide_anew = true;
    return reaction;
  };
  h.answer_by_hand = true;
  h.change(web, "a");
  h.answer(h.sent.back(), h.react(h.sent.back()));
  CHECK_FALSE(h.governor().memory(web).failing);
  REQUIRE(h.sent.size() == 2);
  h.answer(h.sent.back(), h.react(h.sent.back()));
  CHECK(state(h, web) == "failing");
}

TEST_CASE("held, missing and an attempt under way are told before failing, waiting after it") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return unknown(); };
  h.change(web, "a");
  REQUIRE(state(h, web) == "failing");
  h.change(web, "b");
  CHECK(state(h, web) == "failing");
  h.missing(web, "the Secret s is missing");
  CHECK(state(h, web) == "missing");
  Hold hold;
  hold.held = true;
  h.hold(web, hold);
  CHECK(state(h, web) == "held");
  h.hold(web, {});
  h.missing(web, "");
  h.answer_by_hand = true;
  h.run_until(10s);
  CHECK(state(h, web) == "updating");
}

TEST_CASE("a rollout that is under way is rolling, and one that was given up is unhealthy") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  h.change(web, "a");
  CHECK(state(h, web) == "rolling");
  h.rolled_out(web, false);
  CHECK(state(h, web) == "unhealthy");
  h.rolled_out(web, true);
  CHECK(state(h, web) == "idle");
}

TEST_CASE("a change that waits is pending since it was first seen, also after a restart") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.change(web, "b");
  h.run_until(500ms);
  REQUIRE(state(h, web) == "waiting");
  const Memory stored = restored(h.stored[web], true, BootTime(700ms), *policy());
  REQUIRE(stored.pending_since == BootTime(0s));

  Harness next(unlimited(), 1e9, 700ms);
  const Handle again = next.add_with("web", stored);
  next.change(again, "b");
  CHECK(next.governor().view(next.instant(), again).pending_since == BootTime(0s));
}

TEST_CASE("an attempt that a crash cut off counts as a failure for that reason") {
  Harness h;
  const Handle web = h.add("web");
  h.answer_by_hand = true;
  h.change(web, "a");
  const Memory stored = restored(h.stored[web], true, BootTime(5s), *policy());
  REQUIRE(stored.failing);
  CHECK(*stored.failing == Failing{BootTime(5s), 1, FailureCause::interrupted});
  CHECK(stored.tried == digest("a"));
}

TEST_CASE("crashes in the middle of one content's attempts raise its level no further") {
  Memory stored;
  stored.applied = digest("0");
  Duration now = 0s;
  for (int crashes = 0; crashes < 6; ++crashes) {
    Harness h(unlimited(), 1e9, now);
    const Handle web = h.add_with("web", restored(stored, true, BootTime(now), *policy()));
    h.answer_by_hand = true;
    h.change(web, "a");
    h.run_until(now + 100s);
    REQUIRE(h.sent.size() == 1);
    CHECK(h.sent[0].level == 1);
    // The repeats wait ever longer all the same.
    CHECK(h.sent[0].at - now == (crashes == 0 ? 0s : Duration(2s * (1 << (crashes - 1)))));
    stored = h.stored[web];
    now += 100s;
  }
  CHECK(stored.level == 1);
  CHECK(stored.repeats == 5);
}

TEST_CASE("a repeat that a crash cut off is repeated as such") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return unknown(); };
  h.change(web, "a");
  h.answer_by_hand = true;
  h.run_until(5s);
  REQUIRE(h.sent.size() == 2);
  const Memory stored = restored(h.stored[web], true, BootTime(5s), *policy());
  CHECK(stored.failing->count == 2);
  Harness next(unlimited(), 1e9, 5s);
  const Handle again = next.add_with("web", stored);
  next.change(again, "a");
  next.run_until(100s);
  CHECK(next.times(again) == Durations{9s});
  CHECK(next.workload(again).memory.level == 1);
}
