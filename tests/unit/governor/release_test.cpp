#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

using Durations = std::vector<Duration>;

TEST_CASE("release sets the level to 0 and lets the waiting update go") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  h.storm(web, 1s, 300s);
  h.run_until(300s);
  h.release(web);
  CHECK(h.times(web).back() == Duration(300s));
  CHECK(h.sent.back().level == 1);
  CHECK(h.count(Action::release) == 1);
}

TEST_CASE("release opens settle") {
  Harness h;
  const Handle web = h.add("web", policy({}, {2s, 5s}));
  h.change(web, "a");
  h.run_until(100ms);
  h.release(web);
  CHECK(h.times(web) == Durations{100ms});
}

TEST_CASE("release opens settle for what waits, not for later changes") {
  Harness h;
  const Handle web = h.add("web", policy({}, {2s, 5s}));
  const auto settles = [&](const std::string& content) {
    const std::size_t before = h.sent.size();
    h.change(web, content);
    CHECK(h.sent.size() == before);
    h.run_until(h.now() + 1000s);
    CHECK(h.sent.size() == before + 1);
  };
  h.release(web);
  settles("a");

  h.hold(web, {true, std::nullopt});
  h.change(web, "b");
  h.release(web);
  h.change(web, "a");
  h.hold(web, {});
  settles("c");

  h.hold(web, {true, std::nullopt});
  h.change(web, "d");
  h.release(web);
  h.governor().translate(h.instant(), web, [](const Digest&) { return digest("same"); });
  h.hold(web, {});
  settles("e");
}

TEST_CASE("release opens retry") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return refused(false, 1000s); };
  h.change(web, "a");
  h.run_until(10s);
  h.react = [](const Sent&) { return applied(); };
  h.release(web);
  CHECK(h.times(web) == Durations{0s, 10s});
}

TEST_CASE("release never opens hold") {
  Harness h;
  const Handle web = h.add("web");
  h.hold(web, {true, std::nullopt});
  h.change(web, "a");
  h.release(web);
  CHECK(h.sent.empty());
}

TEST_CASE("release never opens missing") {
  Harness h;
  const Handle web = h.add("web");
  h.missing(web, "gone");
  h.change(web, "a");
  h.release(web);
  CHECK(h.sent.empty());
}

TEST_CASE("release never opens the budget") {
  Limits limits = unlimited();
  limits.budget = {0.1, 1};
  Harness h(limits, 0);
  const Handle web = h.add("web");
  h.change(web, "a");
  h.release(web);
  CHECK(h.sent.empty());
}

TEST_CASE("release never opens unfinished") {
  Limits limits = unlimited();
  limits.unfinished.max = 1;
  Harness h(limits);
  h.change(h.add("other", policy(), true), "a");
  const Handle web = h.add("web", policy(), true);
  h.change(web, "a");
  h.release(web);
  CHECK(h.times(web).empty());
}

TEST_CASE("release of an update in flight acts after the answer") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 1s, 63s);
  h.run_until(62s);
  h.answer_by_hand = true;
  h.run_until(63s);
  REQUIRE(h.times(web).back() == Duration(63s));
  h.change(web, "x");
  h.release(web);
  CHECK(h.workload(web).memory.level == 7);
  CHECK(h.times(web).back() == Duration(63s));
  h.run_until(70s);
  h.answer(h.sent.back(), applied());
  CHECK(h.times(web).back() == Duration(70s));
  CHECK(h.sent.back().level == 1);
}

TEST_CASE("release of an attempt that is then cancelled acts at once") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 1s, 62s);
  h.run_until(62s);
  h.commit_by_hand = true;
  h.run_until(63s);
  REQUIRE(h.begun.size() == 7);
  h.release(web);
  h.hold(web, {true, std::nullopt});
  h.commit(web, h.begun.back().second);
  CHECK(h.count(Action::cancel) == 1);
  CHECK(h.workload(web).memory.level == 0);
  CHECK(h.count(Action::release) == 1);
}

TEST_CASE("release of a refused update retries it at once") {
  Harness h;
  const Handle web = h.add("web");
  h.answer_by_hand = true;
  h.change(web, "a");
  h.release(web);
  h.answer(h.sent.back(), refused());
  CHECK(h.times(web) == Durations{0s, 0s});
  CHECK(h.sent.back().carries_change);
}

TEST_CASE("the released level is what is stored") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 1s, 60s);
  h.run_until(200s);
  h.release(web);
  CHECK(h.stored[web].level == 0);
  CHECK_FALSE(h.stored[web].forgive_not_before.has_value());
}
