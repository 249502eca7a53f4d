#include <doctest/doctest.h>

#include "controller/kubernetes/event_series.h"
#include "tests/unit/kubernetes/events_support.h"

namespace ebbgate::kubernetes {

namespace {

using namespace testing;

struct World {
  VirtualClock clock;
  EventSeries series;

  explicit World(const EventSeriesLimits& limits = {}) : series(limits, clock.now().boot) {}

  void tell(const std::string& name, const std::string& message = "m",
            EventReason reason = EventReason::updated) {
    series.record(clock.now(), target_of(name), reason, EventType::normal, message);
  }
  std::optional<EventWrite> take() { return series.take(clock.now().boot); }
  std::vector<EventWrite> take_all() {
    std::vector<EventWrite> writes;
    while (auto write = take()) writes.push_back(*std::move(write));
    return writes;
  }
  std::optional<Duration> next() const {
    const auto at = series.next(clock.now().boot);
    if (!at) return std::nullopt;
    return *at - clock.now().boot;
  }
};

}  // namespace

TEST_CASE("the first of a series is written at once, as a whole") {
  World world;
  CHECK_FALSE(world.next().has_value());
  CHECK_FALSE(world.take().has_value());
  world.tell("web", "hello");
  CHECK(world.next() == Duration(0));
  const auto write = world.take();
  REQUIRE(write.has_value());
  CHECK(write->create);
  CHECK(write->count == 1);
  CHECK(write->message == "hello");
  CHECK(write->target.key.text() == "default/Deployment/web");
  CHECK(write->first == world.clock.now().wall);
  CHECK(write->last == world.clock.now().wall);
  CHECK_FALSE(world.take().has_value());
  CHECK_FALSE(world.next().has_value());
}

TEST_CASE(
    "further ones raise the count after 1, 2, 4 and then 8 minutes, with the newest message") {
  World world;
  const WallTime first = world.clock.now().wall;
  std::vector<std::pair<Duration, EventWrite>> writes;
  for (int second = 0; second < 3600; ++second) {
    world.tell("web", "at " + std::to_string(second));
    for (EventWrite& write : world.take_all()) writes.emplace_back(second * 1s, std::move(write));
    world.clock.advance(1s);
  }
  std::vector<Duration> times;
  for (const auto& [at, write] : writes) {
    times.push_back(at);
    CHECK(write.create == (at == 0s));
    CHECK(write.name == writes.front().second.name);
    CHECK(write.count == static_cast<std::uint64_t>(at / 1s) + 1);
    CHECK(write.message == "at " + std::to_string(at / 1s));
    CHECK(write.first == first);
    CHECK(write.last == first + std::chrono::duration_cast<std::chrono::milliseconds>(at));
  }
  CHECK(times ==
        std::vector<Duration>{0s, 1min, 3min, 7min, 15min, 23min, 31min, 39min, 47min, 55min});
}

TEST_CASE("the last of a series is written although nothing follows it") {
  World world;
  world.tell("web", "one");
  REQUIRE(world.take_all().size() == 1);
  world.clock.advance(10s);
  world.tell("web", "two");
  CHECK(world.take_all().empty());
  CHECK(world.next() == Duration(50s));
  world.clock.advance(50s);
  const auto writes = world.take_all();
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].count == 2);
  CHECK(writes[0].message == "two");
  CHECK_FALSE(world.next().has_value());
}

TEST_CASE("ten quiet minutes end a series, and the next one is a new object") {
  World world;
  world.tell("web");
  const auto first = world.take();
  world.clock.advance(10min - 1s);
  world.tell("web");
  const auto second = world.take();
  world.clock.advance(10min);
  world.tell("web");
  const auto third = world.take();
  REQUIRE((first && second && third));
  CHECK_FALSE(second->create);
  CHECK(second->count == 2);
  CHECK(third->create);
  CHECK(third->count == 1);
  CHECK(third->name != first->name);
}

TEST_CASE("each workload and each reason has a series of its own, a recreated workload too") {
  World world;
  world.tell("web");
  world.tell("api");
  world.tell("web", "m", EventReason::update_held);
  world.series.record(world.clock.now(), target_of("web", "other"), EventReason::updated,
                      EventType::normal, "m");
  const auto writes = world.take_all();
  REQUIRE(writes.size() == 4);
  std::set<std::string> names;
  for (const EventWrite& write : writes) {
    CHECK(write.create);
    CHECK(write.count == 1);
    names.insert(write.name);
  }
  CHECK(names.size() == 4);
}

TEST_CASE("names of objects are valid however long the workload's is") {
  World world;
  world.tell(std::string(235, 'a') + "." + std::string(17, 'b'));
  const auto write = world.take();
  REQUIRE(write.has_value());
  CHECK(write->name.size() <= 253);
  CHECK(write->name.find("..") == std::string::npos);
}

TEST_CASE("the rate of all writes is bounded, and what waits for it goes on counting") {
  World world;
  for (int i = 0; i < 200; ++i) world.tell("w" + std::to_string(i));
  CHECK(world.take_all().size() == 50);
  CHECK(world.next() == Duration(100ms));
  for (int i = 0; i < 200; ++i) world.tell("w" + std::to_string(i));
  world.clock.advance(1s);
  const auto later = world.take_all();
  CHECK(later.size() == 10);
  for (const EventWrite& write : later) CHECK(write.count == 2);
  std::size_t rest = 0;
  for (int second = 0; second < 30; ++second) {
    world.clock.advance(1s);
    rest += world.take_all().size();
  }
  CHECK(rest == 140);
  CHECK(world.series.dropped() == 0);
}

TEST_CASE("what still waits for the rate after ten quiet minutes is written all the same") {
  EventSeriesLimits limits;
  limits.rate = {0.001, 1};
  World world(limits);
  world.tell("a");
  world.tell("b");
  CHECK(world.take_all().size() == 1);
  world.clock.advance(1000s);
  const auto writes = world.take_all();
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].target.key.name == "b");
  CHECK(writes[0].create);
}

TEST_CASE("with too many series the one told of longest ago goes, and is counted if unwritten") {
  EventSeriesLimits limits;
  limits.series = 3;
  World world(limits);
  world.tell("a");
  CHECK(world.take_all().size() == 1);
  world.tell("b");
  world.tell("c");
  world.tell("d");
  CHECK(world.series.dropped() == 0);  // a had been written
  world.tell("b");
  world.tell("e");
  CHECK(world.series.dropped() == 1);  // c
  std::vector<std::string> names;
  for (const EventWrite& write : world.take_all()) names.push_back(write.target.key.name);
  CHECK(names == std::vector<std::string>{"b", "d", "e"});
}

TEST_CASE("a storm over many workloads makes a handful of writes for each") {
  World world;
  std::size_t writes = 0;
  for (int second = 0; second < 600; ++second) {
    for (int i = 0; i < 20; ++i) world.tell("w" + std::to_string(i));
    writes += world.take_all().size();
    world.clock.advance(1s);
  }
  CHECK(writes == 20 * 4);
}

}  // namespace ebbgate::kubernetes
