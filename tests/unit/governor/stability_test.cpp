#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

TEST_CASE("after stable_after of rest the level becomes 0") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 1s, 40s);
  h.run_until(63s);
  REQUIRE(h.times(web).back() == Duration(63s));
  h.run_until(63s + 600s - 1ms);
  CHECK(h.workload(web).memory.level == 7);
  h.run_until(63s + 600s);
  CHECK(h.workload(web).memory.level == 0);
  REQUIRE(h.count(Action::forgive) == 1);
  CHECK(h.last(Action::forgive)->at == BootTime(663s));
  CHECK(h.stored[web].level == 0);
}

TEST_CASE("the rest begins at the last answer when that is later than the last change") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return after(100s, applied()); };
  h.change(web, "a");
  h.run_until(699s);
  CHECK(h.workload(web).memory.level == 1);
  h.run_until(700s);
  CHECK(h.workload(web).memory.level == 0);
}

TEST_CASE("a change and its change back begin the rest anew") {
  Harness h;
  const Handle web = h.add("web", policy({}, {1s, 5s}));
  h.change(web, "a");
  h.run_until(400s);
  h.change(web, "b");
  h.run_until(400500ms);
  h.change(web, "a");
  CHECK(h.sent.size() == 1);
  h.run_until(1000s);
  CHECK(h.workload(web).memory.level == 1);
  h.run_until(1000500ms);
  CHECK(h.workload(web).memory.level == 0);
}

TEST_CASE("nothing is forgiven while an update waits") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.react = [](const Sent&) { return refused(false, 5000s); };
  h.change(web, "b");
  h.run_until(4000s);
  CHECK(h.workload(web).memory.level == 1);
}

TEST_CASE("nothing is forgiven while an update is in flight") {
  Harness h;
  const Handle web = h.add("web");
  h.answer_by_hand = true;
  h.change(web, "a");
  h.run_until(5000s);
  CHECK(h.workload(web).memory.level == 1);
}

TEST_CASE("an attempt that is cancelled does not begin the rest anew") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(100s);
  h.commit_by_hand = true;
  h.change(web, "b");
  h.run_until(110s);
  h.change(web, "a");
  h.commit(web, h.begun.back().second);
  h.run_until(709s);
  CHECK(h.workload(web).memory.level == 1);
  h.run_until(710s);
  CHECK(h.workload(web).memory.level == 0);
}

TEST_CASE("forgive_not_before is a tenth further than the truth, and rewritten only when passed") {
  Harness h;
  const Handle web = h.add("web", policy({}, {500ms, 5s}));
  h.change(web, "a");
  h.run_until(1s);
  REQUIRE(h.stored[web].forgive_not_before == BootTime(660500ms));
  const int rows = h.rows_written;
  for (int i = 0; i < 50; ++i) {
    h.run_until(10s + i * 1s);
    h.change(web, "x");
    h.change(web, "a");
  }
  CHECK(h.rows_written == rows);  // all of it within the tenth
  h.run_until(61s);
  h.change(web, "x");
  h.change(web, "a");
  CHECK(h.rows_written == rows + 1);
  CHECK(h.stored[web].forgive_not_before == BootTime(721s));
}

TEST_CASE("a forgiven workload has no forgive_not_before") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(1000s);
  CHECK_FALSE(h.stored[web].forgive_not_before.has_value());
}

TEST_CASE("a missing reference pauses the rest") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(100s);
  h.missing(web, "gone");
  h.run_until(2000s);
  h.missing(web, "");
  CHECK(h.workload(web).memory.level == 1);
  h.run_until(2501s);
  CHECK(h.workload(web).memory.level == 0);
}

TEST_CASE("a raised stable_after counts for a rest under way") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(300s);
  BackoffSettings longer;
  longer.stable_after = 1000s;
  h.set_policy(web, policy(longer));
  h.run_until(999s);
  CHECK(h.workload(web).memory.level == 1);
  h.run_until(1000s);
  CHECK(h.workload(web).memory.level == 0);
}
