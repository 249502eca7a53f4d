#include "controller/loop.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include <doctest/doctest.h>

#include "tests/unit/controller/controller_test_support.h"

namespace ebbgate {

namespace {

using namespace std::chrono_literals;

// Longer than any test may take.
constexpr Duration kPatience = 10min;

// A loop that runs, and what it did: names of events and questions, and turns between them.
struct Running {
  Running() {
    loop.start(bench.controller, [this](Duration) { note("turn"); });
  }
  ~Running() {
    loop.stop(kPatience, [] {});
  }

  void note(const std::string& what) {
    const MutexLock lock(mutex);
    done.push_back(what);
  }
  std::vector<std::string> noted() {
    const MutexLock lock(mutex);
    return done;
  }
  void ask(const std::string& name) {
    loop.ask<bool>(kPatience, [this, name](Controller&) {
      note(name);
      return true;
    });
  }

  testing::Bench bench;
  Mutex mutex;
  std::vector<std::string> done EBBGATE_GUARDED_BY(mutex);
  Loop loop;
};

// Holds the loop's thread from construction to release(), after which the thread may still be at
// it.
class Stop {
 public:
  explicit Stop(Loop& loop) {
    const auto reached = std::make_shared<std::promise<void>>();
    std::future<void> is_reached = reached->get_future();
    loop.post([reached, go_on = go_on_.get_future().share()](Controller&) {
      reached->set_value();
      go_on.wait();
    });
    is_reached.wait();
  }
  void release() { go_on_.set_value(); }

 private:
  std::promise<void> go_on_;
};

}  // namespace

TEST_CASE("between any two questions the controller turns, however many wait") {
  Running running;
  std::vector<std::thread> askers;
  {
    Stop stop(running.loop);
    for (int n = 0; n < 20; ++n) {
      askers.emplace_back([&] { running.ask("question"); });
    }
    stop.release();
    for (std::thread& asker : askers) asker.join();
  }
  std::vector<std::string> done = running.noted();
  CHECK(std::ranges::count(done, "question") == 20);
  for (std::size_t i = 1; i < done.size(); ++i) {
    CHECK_FALSE((done[i] == "question" && done[i - 1] == "question"));
  }
}

TEST_CASE("what happens is taken in before questions that were asked earlier") {
  Running running;
  std::promise<void> first_asked;
  std::promise<void> posted;
  std::thread first([&] {
    running.loop.ask<bool>(kPatience, [&](Controller&) {
      first_asked.set_value();
      posted.get_future().wait();
      running.note("first");
      return true;
    });
  });
  first_asked.get_future().wait();
  std::thread second([&] { running.ask("second"); });
  running.loop.post([&](Controller&) { running.note("event"); });
  posted.set_value();
  first.join();
  second.join();
  std::vector<std::string> done = running.noted();
  std::erase(done, "turn");
  CHECK(done == std::vector<std::string>{"first", "event", "second"});
}

TEST_CASE("a question whose asker has gone is not answered") {
  Running running;
  bool answered = false;
  {
    Stop stop(running.loop);
    CHECK_FALSE(running.loop.ask<bool>(Duration::zero(), [&](Controller&) {
      answered = true;
      return true;
    }));
    stop.release();
  }
  running.ask("another");
  CHECK_FALSE(answered);
}

TEST_CASE("a loop that only answers questions turns, and one that stands still does not") {
  Running running;
  {
    Stop stop(running.loop);
    CHECK_FALSE(running.loop.turning(Duration::zero()));
    CHECK(running.loop.turning(kPatience));
    stop.release();
  }
  running.ask("question");
  running.ask("question");
  CHECK(running.loop.turning(kPatience));
}

}  // namespace ebbgate
