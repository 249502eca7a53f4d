#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

using Durations = std::vector<Duration>;

TEST_CASE("a storm with defaults and settle 0 goes out at 0, 1, 3, 7 … 63, 127, 191, 255 s") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 100ms, 256s);
  h.run_until(256s);
  CHECK(h.times(web) == Durations{0s, 1s, 3s, 7s, 15s, 31s, 63s, 127s, 191s, 255s});
}

TEST_CASE("the cap of the delay holds for ever, and the level stays at L(max)") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 1s, 3000s);
  h.run_until(3000s);
  const Durations spacings = h.spacings(web);
  REQUIRE(spacings.size() > 40);
  for (std::size_t i = 6; i < spacings.size(); ++i) CHECK(spacings[i] == Duration(64s));
  CHECK(h.workload(web).memory.level == 7);
}

TEST_CASE("a storm of rollouts that never get ready is spaced 64, 128, 256, 512, 600, 600 s") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  h.storm(web, 500ms, 2300s);
  h.run_until(2300s);
  CHECK(h.spacings(web) == Durations{1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 512s, 600s, 600s});
  CHECK(h.workload(web).memory.level == 11);
}

TEST_CASE("a storm of 90 s rollouts is spaced at 90 s") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  h.react = [](const Sent&) { return applied(90s); };
  h.storm(web, 500ms, 1200s);
  h.run_until(1200s);
  const Durations spacings = h.spacings(web);
  REQUIRE(spacings.size() > 12);
  for (std::size_t i = 7; i < spacings.size(); ++i) CHECK(spacings[i] == Duration(90s));
}

TEST_CASE("readiness before the delay's end leaves the delay capped by max") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  h.react = [](const Sent&) { return applied(10s); };
  h.storm(web, 500ms, 1000s);
  h.run_until(1000s);
  CHECK(h.spacings(web).back() == Duration(64s));
  CHECK(h.workload(web).memory.level <= 8);
}

TEST_CASE("readiness brings the level down to L(max) and no lower") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  h.storm(web, 500ms, 520s);
  h.run_until(520s);
  CHECK(h.times(web).back() == Duration(511s));
  CHECK(h.workload(web).memory.level == 10);
  h.rolled_out(web, true);
  CHECK(h.workload(web).memory.level == 7);
  CHECK(h.last(Action::ready)->level == 7);
  h.run_until(600s);
  CHECK(h.times(web).back() == Duration(575s));
}

TEST_CASE("a workload that nobody judges never rises above L(max)") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 1s, 2000s);
  h.run_until(2000s);
  for (const Sent& update : h.sent) CHECK(update.level <= 7);
}

TEST_CASE("a fix for a broken configuration goes out after the current delay") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  h.storm(web, 1s, 260s);  // never ready; the last one at 255 s raises the level to 9
  h.run_until(300s);
  h.change(web, "the fix");
  h.run_until(2000s);
  CHECK(h.times(web).back() == Duration(511s));
  CHECK(h.sent.back().fingerprint == digest("the fix"));
}

TEST_CASE("after a quiet time the first change goes at once") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 1s, 100s);
  h.run_until(2000s);
  h.change(web, "x");
  CHECK(h.times(web).back() == Duration(2000s));
  CHECK(h.workload(web).memory.level == 1);
}

TEST_CASE("with factor 1 there is one level and every wait is the base") {
  BackoffSettings backoff;
  backoff.factor = 1;
  backoff.base = 5s;
  Harness h;
  const Handle web = h.add("web", policy(backoff));
  h.storm(web, 1s, 30s);
  h.run_until(29s);
  CHECK(h.times(web) == Durations{0s, 5s, 10s, 15s, 20s, 25s});
  CHECK(h.workload(web).memory.level == 1);
}

TEST_CASE("spacing runs from when the update was answered") {
  Harness h;
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return after(3s, applied()); };
  h.storm(web, 100ms, 20s);
  h.run_until(20s);
  // answered at 3, 7, 12 and 19 s
  CHECK(h.times(web) == Durations{0s, 4s, 9s, 16s});
}

TEST_CASE("a raised base counts at once for an update that waits") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.change(web, "b");
  BackoffSettings slower;
  slower.base = 30s;
  h.run_until(500ms);
  h.set_policy(web, policy(slower));
  h.run_until(100s);
  CHECK(h.times(web) == Durations{0s, 30s});
}

TEST_CASE("a lowered max counts at once, and the level is brought down to the new L") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 1s, 129s);
  h.run_until(130s);
  CHECK(h.workload(web).memory.level == 7);
  BackoffSettings quicker;
  quicker.max = 8s;
  h.set_policy(web, policy(quicker));
  CHECK(h.workload(web).memory.level == 4);
  h.run_until(200s);
  CHECK(h.times(web).back() == Duration(135s));
}

TEST_CASE("the level of an unhealthy workload is brought down to the new L(unhealthy_max)") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  h.storm(web, 1s, 600s);
  h.run_until(600s);
  CHECK(h.workload(web).memory.level == 10);
  BackoffSettings quicker;
  quicker.unhealthy_max = 100s;
  h.set_policy(web, policy(quicker), true);
  CHECK(h.workload(web).memory.level == 8);
  h.run_until(620s);
  CHECK(h.times(web).back() == Duration(611s));
}
