#include <vector>

#include <doctest/doctest.h>

#include "controller/local/probe_schedule.h"

using namespace std::chrono_literals;

namespace ebbgate::local {
namespace {

const BootTime kStart(100s);

// How long after kStart the next probes begin, each as soon as it is due.
std::vector<Duration> next_probes(ProbeSchedule& schedule, int count) {
  std::vector<Duration> begun;
  for (int i = 0; i < count; ++i) {
    const BootTime now = schedule.next();
    begun.push_back(now - kStart);
    schedule.begin(now);
  }
  return begun;
}

}  // namespace

TEST_CASE("a rollout is probed at every interval while there is time for it") {
  ProbeSchedule schedule(2s, 5min, kStart);
  CHECK(schedule.deadline() == kStart + 5min);
  CHECK(next_probes(schedule, 3) == std::vector<Duration>{2s, 4s, 6s});
  CHECK_FALSE(schedule.given_up());
}

TEST_CASE("a rollout that was given up is probed ever more rarely, down to once a minute") {
  ProbeSchedule schedule(10s, 20s, kStart);
  CHECK(next_probes(schedule, 2) == std::vector<Duration>{10s, 20s});
  schedule.give_up();
  CHECK(schedule.given_up());
  CHECK_FALSE(schedule.deadline());
  CHECK(next_probes(schedule, 6) == std::vector<Duration>{30s, 50s, 90s, 150s, 210s, 270s});
}

TEST_CASE("a rollout with an interval of more than a minute keeps it when it was given up") {
  ProbeSchedule schedule(3min, 5min, kStart);
  CHECK(next_probes(schedule, 1) == std::vector<Duration>{3min});
  schedule.give_up();
  CHECK(next_probes(schedule, 2) == std::vector<Duration>{6min, 9min});
}

TEST_CASE("other settings are followed, and what was given up is probed soon") {
  ProbeSchedule schedule(1s, 1min, kStart);
  schedule.change(2s, 2min, kStart + 500ms);
  CHECK(schedule.deadline() == kStart + 2min);
  CHECK(next_probes(schedule, 2) == std::vector<Duration>{2500ms, 4500ms});
  schedule.give_up();
  next_probes(schedule, 10);
  const BootTime changed = schedule.next() - 30s;
  schedule.change(4s, 2min, changed);
  CHECK(schedule.next() == changed + 4s);
  CHECK_FALSE(schedule.deadline());
}

}  // namespace ebbgate::local
