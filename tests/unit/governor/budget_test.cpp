#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

using Durations = std::vector<Duration>;

namespace {

Limits budget(std::optional<double> rate, double burst) {
  Limits limits = unlimited();
  limits.budget = {rate, burst};
  return limits;
}

}  // namespace

TEST_CASE("the budget lets a burst go, then one update per token") {
  Harness h(budget(1, 3), 3);
  std::vector<Handle> all;
  for (int i = 0; i < 6; ++i) all.push_back(h.add("w" + std::to_string(i)));
  for (const Handle handle : all) h.change(handle, "a");
  h.run_until(10s);
  Durations times;
  for (const Sent& update : h.sent) times.push_back(update.at);
  CHECK(times == Durations{0s, 0s, 0s, 1s, 2s, 3s});
}

TEST_CASE("rate 0 stops everything, whatever tokens there are, until it is raised") {
  Harness h(budget(0, 100), 100);
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(100h);
  CHECK(h.sent.empty());
  h.configure(budget(1, 100));
  h.run_until(100h + 1s);
  CHECK(h.sent.size() == 1);
}

TEST_CASE("an unlimited budget holds nothing back") {
  Harness h(budget(std::nullopt, 1), 0);
  for (int i = 0; i < 500; ++i) h.change(h.add("w" + std::to_string(i)), "a");
  CHECK(h.sent.size() == 500);
}

TEST_CASE("within a namespace the oldest due goes first") {
  Harness h(budget(1, 1), 0);
  const Handle late = h.add("late");
  const Handle early = h.add("early");
  const Handle middle = h.add("middle");
  h.run_until(100ms);
  h.change(early, "a");
  h.run_until(200ms);
  h.change(middle, "a");
  h.run_until(300ms);
  h.change(late, "a");
  h.run_until(400ms);
  h.change(early, "b");  // a newer content does not cost its place
  h.run_until(10s);
  REQUIRE(h.sent.size() == 3);
  CHECK(h.sent[0].workload == early);
  CHECK(h.sent[0].fingerprint == digest("b"));
  CHECK(h.sent[1].workload == middle);
  CHECK(h.sent[2].workload == late);
}

TEST_CASE("1,000 waiting workloads delay another namespace's single one by one token's time") {
  Harness h(budget(1, 100), 0);
  std::vector<Handle> many;
  for (int i = 0; i < 1000; ++i)
    many.push_back(h.add("w" + std::to_string(i), policy(), false, "noisy"));
  const Handle lone = h.add("lone", policy(), false, "quiet");
  for (const Handle handle : many) h.governor().desire(h.instant(), handle, digest("a"));
  h.run_until(20500ms);
  CHECK(h.sent.size() == 20);
  h.change(lone, "a");
  h.run_until(23s);
  CHECK(h.times(lone) == Durations{21s});
}

TEST_CASE("a lone workload waits for at most one token per other waiting namespace") {
  Harness h(budget(1, 100), 0);
  for (const char* space : {"a", "b", "c"}) {
    for (int i = 0; i < 50; ++i) {
      h.change(h.add("w" + std::to_string(i), policy(), false, space), "a");
    }
  }
  const Handle lone = h.add("lone", policy(), false, "quiet");
  h.run_until(10s);
  int turn = 0;
  for (const Duration at : {10500ms, 30500ms, 51500ms}) {
    h.run_until(at);
    h.change(lone, "x" + std::to_string(++turn));
    const std::size_t before = h.times(lone).size();
    h.run_until(at + 4s);
    CHECK(h.times(lone).size() == before + 1);
  }
}

TEST_CASE("namespaces take turns") {
  Harness h(budget(1, 100), 0);
  for (const char* space : {"a", "b"}) {
    for (int i = 0; i < 5; ++i) {
      h.change(h.add("w" + std::to_string(i), policy(), false, space), "a");
    }
  }
  h.run_until(10s);
  REQUIRE(h.sent.size() == 10);
  const auto space_of = [&](std::size_t i) {
    return h.workload(h.sent[i].workload).key.namespace_name;
  };
  for (std::size_t i = 1; i < 10; ++i) CHECK(space_of(i) != space_of(i - 1));
}

TEST_CASE("the token is taken last, together with raising the level") {
  Harness h(budget(1, 1), 0);
  const Handle web = h.add("web");
  h.change(web, "a");
  CHECK(h.workload(web).memory.level == 0);
  h.commit_by_hand = true;
  h.run_until(1s);
  CHECK(h.workload(web).memory.level == 1);
  CHECK(h.governor().bucket().tokens(BootTime(1s)) == doctest::Approx(0));
}

TEST_CASE("the token comes back only when nothing was sent, and never above the burst") {
  Harness h(budget(0.001, 5), 5);
  const Handle web = h.add("web");
  const auto tokens = [&] { return h.governor().bucket().tokens(BootTime(h.now())); };
  h.react = [](const Sent&) { return refused(true); };
  h.change(web, "a");
  CHECK(tokens() == doctest::Approx(5));
  h.react = [](const Sent&) { return refused(false); };
  h.run_until(1s);
  CHECK(tokens() == doctest::Approx(4).epsilon(0.01));
}

TEST_CASE("every retry takes a new token") {
  Harness h(budget(1e-6, 3), 3);
  const Handle web = h.add("web");
  h.react = [](const Sent&) { return refused(); };
  h.change(web, "a");
  h.run_until(100s);
  CHECK(h.sent.size() == 3);
  CHECK(h.governor().view(h.instant(), web).state == "failing");
}

TEST_CASE("the bucket starts with the tokens that were stored") {
  Harness h(budget(1, 100), 2);
  for (int i = 0; i < 5; ++i) h.change(h.add("w" + std::to_string(i)), "a");
  CHECK(h.sent.size() == 2);
}

TEST_CASE("the next update of one that waits for a token alone is told") {
  Harness h(budget(0.1, 1), 0);
  const Handle web = h.add("web");
  h.change(web, "a");
  REQUIRE(h.governor().view(h.instant(), web).next_update.has_value());
  CHECK(*h.governor().view(h.instant(), web).next_update == BootTime(10s));
}

TEST_CASE("rate 0 is told of at once, and no time for the next update beside it") {
  Harness h(budget(1, 1), 1);
  const Handle web = h.add("web", policy({.base = 60s}));
  h.change(web, "a");
  h.change(web, "b");
  CHECK(h.governor().view(h.instant(), web).next_update == BootTime(60s));
  h.configure(budget(0, 1));
  const auto told = [&] {
    std::vector<std::string_view> names;
    for (const ClosedGate& gate : h.governor().view(h.instant(), web).gates) {
      names.push_back(name_of(gate.gate));
    }
    return names;
  };
  CHECK(told() == std::vector<std::string_view>{"backoff", "budget"});
  CHECK_FALSE(h.governor().view(h.instant(), web).next_update);
  h.run_until(100s);
  CHECK(told() == std::vector<std::string_view>{"budget"});
  CHECK_FALSE(h.governor().view(h.instant(), web).next_update);
}

TEST_CASE("the budget is told of one that is in turn, not of one that waits for its own level") {
  Harness h(budget(0.5, 1), 1);
  const Handle web = h.add("web", policy({.base = 60s}));
  h.change(web, "a");
  h.change(web, "b");
  const auto told = [&] {
    std::vector<std::string_view> names;
    for (const ClosedGate& gate : h.governor().view(h.instant(), web).gates) {
      names.push_back(name_of(gate.gate));
    }
    return names;
  };
  CHECK(told() == std::vector<std::string_view>{"backoff"});
  CHECK(h.governor().view(h.instant(), web).next_update == BootTime(60s));
  h.run_until(59s);
  h.change(h.add("greedy"), "a");
  CHECK(told() == std::vector<std::string_view>{"backoff"});
  h.run_until(60s);
  CHECK(told() == std::vector<std::string_view>{"budget"});
}
