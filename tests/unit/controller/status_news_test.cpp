#include "controller/status_news.h"

#include <doctest/doctest.h>

#include "tests/unit/controller/controller_test_support.h"

namespace ebbgate {

using namespace testing;

namespace {

/// A Governor of several workloads, whose turns the news hear of.
struct Newsroom {
  ClockByHand clock;
  governor::Governor governor{{}, 100, clock.now().boot, [] { return 0.5; }};
  std::shared_ptr<const governor::Policy> policy = std::make_shared<const governor::Policy>(
      governor::BackoffSettings{}, governor::SettleSettings{});
  StatusNews news{"run"};

  WorkloadKey key(const std::string& name) const { return {"default", "Local", name}; }
  governor::Handle add(const std::string& name, int level = 0) {
    governor::Memory memory;
    memory.level = level;
    if (level > 0) memory.answered_at = memory.forgive_not_before = clock.now().boot;
    return governor.add(clock.now(), key(name), policy, false, memory);
  }
  void desire(const std::string& name, const std::string& content) {
    governor.desire(clock.now(), *governor.find(key(name)), sha256(content));
  }
  void remove(const std::string& name) { governor.remove(clock.now(), *governor.find(key(name))); }
  void turn() {
    governor.turn(clock.now());
    static_cast<void>(governor.take_decisions());
    news.turned(clock.now(), governor, governor.take_touched());
    governor.release_handles();
  }
  std::vector<std::string> names(const StatusNews::News& found) const {
    std::vector<std::string> names;
    for (const auto handle : found.touched) names.push_back(governor.workload(handle).key.name);
    return names;
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("news begin with all workloads, and then have those alone that something happened to") {
  Newsroom room;
  for (const char* name : {"a", "b", "c"}) room.add(name);
  room.turn();
  const auto all = room.news.after("0", 10);
  REQUIRE(all);
  CHECK(all->touched.size() == 3);
  CHECK_FALSE(all->more);
  const auto nothing = room.news.after(all->since, 10);
  REQUIRE(nothing);
  CHECK(nothing->touched.empty());
  CHECK(nothing->since == all->since);

  room.desire("b", "new");
  room.turn();
  const auto found = room.news.after(all->since, 10);
  REQUIRE(found);
  CHECK(room.names(*found) == Names{"b"});
  CHECK(found->since != all->since);
}

TEST_CASE("news come in pages, the longest ago first, and none is left out between them") {
  Newsroom room;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    room.add(name);
    room.turn();
  }
  const auto first = room.news.after("0", 2);
  REQUIRE(first);
  CHECK(room.names(*first) == Names{"a", "b"});
  CHECK(first->more);
  room.desire("c", "new");
  room.turn();
  const auto second = room.news.after(first->since, 2);
  REQUIRE(second);
  CHECK(room.names(*second) == Names{"d", "e"});
  CHECK(second->more);
  const auto third = room.news.after(second->since, 2);
  REQUIRE(third);
  CHECK(room.names(*third) == Names{"c"});
  CHECK_FALSE(third->more);
}

TEST_CASE("a workload that is gone is told once, and not to whoever begins") {
  Newsroom room;
  room.add("a");
  room.add("b");
  room.turn();
  const std::string since = room.news.after("0", 10)->since;
  room.remove("a");
  room.turn();
  const auto found = room.news.after(since, 10);
  REQUIRE(found);
  CHECK(found->touched.empty());
  CHECK(found->gone == std::vector<WorkloadKey>{room.key("a")});
  CHECK(room.news.after(found->since, 10)->gone.empty());
  const auto all = room.news.after("0", 10);
  CHECK(room.names(*all) == Names{"b"});
  CHECK(all->gone.empty());
}

TEST_CASE("a workload that is gone is told as gone though its level lives on, once") {
  Newsroom room;
  room.add("a", 3);
  room.turn();
  const std::string since = room.news.after("0", 10)->since;
  room.remove("a");
  room.turn();
  REQUIRE(room.governor.find(room.key("a")));
  const auto found = room.news.after(since, 10);
  REQUIRE(found);
  CHECK(found->touched.empty());
  CHECK(found->gone == std::vector<WorkloadKey>{room.key("a")});
  room.desire("a", "anything");
  room.turn();
  CHECK(room.news.after(found->since, 10)->gone.empty());
  room.add("a");
  room.turn();
  CHECK(room.names(*room.news.after(found->since, 10)) == Names{"a"});
}

TEST_CASE("a workload that comes back at once is there, and not gone") {
  Newsroom room;
  room.add("a");
  room.turn();
  const std::string since = room.news.after("0", 10)->since;
  room.remove("a");
  room.add("a");
  room.turn();
  const auto found = room.news.after(since, 10);
  REQUIRE(found);
  CHECK(room.names(*found) == Names{"a"});
  CHECK(found->gone.empty());
}

TEST_CASE("what another process gave, the future, and what is no moment are not known") {
  Newsroom room;
  room.add("a");
  room.turn();
  CHECK(room.news.after("run-1", 10));
  for (const char* since : {"", "1", "other-1", "run-2", "run-", "run-x", "run-1x", "run--1",
                            "run-99999999999999999999"}) {
    CAPTURE(since);
    CHECK_FALSE(room.news.after(since, 10));
  }
}

TEST_CASE("when too many are gone to be remembered, whoever did not look must begin anew") {
  Newsroom room;
  room.add("stays");
  room.turn();
  const std::string since = room.news.after("0", 10)->since;
  for (std::size_t n = 0; n <= StatusNews::kGoneKept; ++n) {
    room.add("passes");
    room.turn();
    room.remove("passes");
    room.turn();
  }
  CHECK_FALSE(room.news.after(since, 10));
  const auto all = room.news.after("0", 10);
  CHECK(room.names(*all) == Names{"stays"});
  CHECK(room.news.after(all->since, 10));
}

TEST_CASE("all can be told page by page, however many have gone before") {
  Newsroom room;
  for (const char* name : {"a", "b", "c"}) room.add(name);
  room.turn();
  for (std::size_t i = 0; i <= StatusNews::kGoneKept; ++i) {
    room.add("brief");
    room.turn();
    room.remove("brief");
    room.turn();
  }
  auto page = room.news.after("0", 1);
  Names told;
  while (page) {
    for (const std::string& name : room.names(*page)) told.push_back(name);
    if (!page->more) break;
    page = room.news.after(page->since, 1);
  }
  REQUIRE(page);
  CHECK(told.size() == 3);
  CHECK(room.news.after(page->since, 1));
}

TEST_CASE("what goes between two pages is told on a later one") {
  Newsroom room;
  for (const char* name : {"a", "b", "c"}) {
    room.add(name);
    room.turn();
  }
  const auto first = room.news.after("0", 1);
  REQUIRE(first);
  room.remove("a");
  room.turn();
  const auto second = room.news.after(first->since, 10);
  REQUIRE(second);
  CHECK(second->gone == std::vector<WorkloadKey>{room.key("a")});
  CHECK_FALSE(second->more);
}

}  // namespace ebbgate
