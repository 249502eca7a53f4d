#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "controller/kubernetes/event_recorder.h"
#include "tests/unit/kubernetes/events_support.h"

namespace ebbgate::kubernetes {

namespace {

using namespace testing;

struct World {
  VirtualClock clock;
  FakeConnection* connection = nullptr;
  std::unique_ptr<EventRecorder> recorder;

  World() {
    auto owned = std::make_unique<FakeConnection>();
    connection = owned.get();
    EventWriter::Callbacks callbacks{[](const std::string&) {}, {}};
    recorder = std::make_unique<EventRecorder>(std::move(owned), clock, callbacks);
  }
  void tell(const std::string& name) {
    recorder->record(target_of(name), EventReason::updated, EventType::normal, "m");
  }
};

}  // namespace

TEST_CASE("what is recorded before and after the start is written") {
  World world;
  world.tell("a");
  world.recorder->start();
  CHECK(world.connection->wait_for(1));
  world.tell("b");
  world.tell("c");
  CHECK(world.connection->wait_for(3));
}

TEST_CASE("nobody waits for an API server that does not answer, and stopping ends it") {
  World world;
  world.connection->hang();
  world.recorder->start();
  world.tell("a");
  CHECK(world.connection->wait_for(1));
  for (int i = 0; i < 10000; ++i) world.tell("w" + std::to_string(i));
  world.recorder->stop();
  world.recorder->stop();
  CHECK(world.connection->requests().size() == 1);
}

TEST_CASE("a recorder that was never started goes away quietly") {
  World world;
  world.tell("a");
  world.recorder.reset();
}

TEST_CASE("threads may record at once") {
  World world;
  world.recorder->start();
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&world, thread] {
      for (int i = 0; i < 250; ++i) world.tell("w" + std::to_string(thread));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(world.connection->wait_for(4));
  world.recorder->stop();
  CHECK(world.connection->requests().size() == 4);
}

}  // namespace ebbgate::kubernetes
