#include "controller/governor/deadline_heap.h"

#include <map>
#include <random>
#include <set>

#include <doctest/doctest.h>

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace std::chrono_literals;

TEST_CASE("an empty heap has no earliest") {
  CHECK_FALSE(DeadlineHeap().earliest().has_value());
}

TEST_CASE("the earliest comes first, equal times in the order of their ids") {
  DeadlineHeap heap;
  heap.set(7, BootTime(2s));
  heap.set(3, BootTime(1s));
  heap.set(1, BootTime(1s));
  CHECK(heap.earliest()->id == 1);
  heap.set(1, std::nullopt);
  CHECK(heap.earliest()->id == 3);
  heap.set(3, BootTime(5s));
  CHECK(heap.earliest()->id == 7);
  CHECK(heap.earliest()->at == BootTime(2s));
}

TEST_CASE("removing what is not there changes nothing") {
  DeadlineHeap heap;
  heap.set(1000000, std::nullopt);
  heap.set(1, BootTime(1s));
  heap.set(0, std::nullopt);
  CHECK(heap.size() == 1);
}

TEST_CASE("after any sequence of changes the earliest is the true one") {
  std::mt19937 random(1);
  DeadlineHeap heap;
  std::map<std::uint32_t, BootTime> times;
  std::set<std::pair<BootTime, std::uint32_t>> order;
  for (int step = 0; step < 20000; ++step) {
    const auto id = static_cast<std::uint32_t>(random() % 200);
    if (const auto found = times.find(id); found != times.end()) {
      order.erase({found->second, id});
      times.erase(found);
    }
    if (random() % 3 == 0) {
      heap.set(id, std::nullopt);
    } else {
      const BootTime at(Duration(random() % 500));
      heap.set(id, at);
      times[id] = at;
      order.emplace(at, id);
    }
    REQUIRE(heap.size() == order.size());
    REQUIRE(heap.earliest().has_value() == !order.empty());
    if (order.empty()) continue;
    REQUIRE(heap.earliest()->at == order.begin()->first);
    REQUIRE(heap.earliest()->id == order.begin()->second);
  }
}
