#include <algorithm>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "controller/kubernetes/update_sender.h"
#include "tests/unit/kubernetes/provider_script.h"

namespace ebbgate::kubernetes::testing {
namespace {

constexpr std::size_t kWorkloads = 20;

// More workloads than there are threads that send.
class Senders : public ModelByHand {
 public:
  Senders() : sender({model, connector, listener, clock, [] { return Duration(1h); }}) {
    list();
    for (std::size_t i = 0; i < kWorkloads; ++i) tell_workload(named(name(i)));
  }

  void send_all() {
    for (std::size_t i = 0; i < kWorkloads; ++i) {
      sender.send({i, {"default", "Deployment", name(i)}, 1, 1}, sha256("new"));
    }
  }
  /// How each ended; each must have ended once.
  std::vector<Outcome> outcomes() {
    std::set<AttemptId> attempts;
    std::vector<Outcome> outcomes;
    for (const auto& [attempt, answer] : listener.answers()) {
      CHECK(attempts.insert(attempt).second);
      outcomes.push_back(answer.outcome);
    }
    CHECK(attempts.size() == kWorkloads);
    return outcomes;
  }

  ScriptedConnector connector{[](const Request& /*request*/) { return answered(200, "{"); }};
  UpdateSender sender;

 private:
  static std::string name(std::size_t number) { return "web-" + std::to_string(number); }
};

TEST_CASE("Each update has its answer when sending has ended without patience") {
  Senders senders;
  senders.connector.hang();
  senders.send_all();
  REQUIRE(senders.connector.wait_for(1));
  senders.sender.stop(0s);
  for (const Outcome outcome : senders.outcomes()) CHECK(outcome == Outcome::unknown);
}

TEST_CASE("With patience what is under way is let come to its end") {
  Senders senders;
  senders.connector.hang();
  senders.send_all();
  std::thread ending([&] { senders.sender.stop(60s); });
  senders.connector.let_go();
  ending.join();
  for (const Outcome outcome : senders.outcomes()) CHECK(outcome == Outcome::applied);
  CHECK(senders.connector.asked().size() == kWorkloads);
}

TEST_CASE("What is to be sent after the end is refused at once") {
  Senders senders;
  senders.sender.stop(0s);
  senders.send_all();
  for (const auto& [attempt, answer] : senders.listener.answers()) {
    CHECK(answer.outcome == Outcome::refused);
    CHECK(answer.nothing_sent);
  }
  CHECK(senders.outcomes().size() == kWorkloads);
  CHECK(senders.connector.asked().empty());
}

TEST_CASE("A pool has as many threads as it may, a connection each, and does all its jobs") {
  ScriptedConnector connector([](const Request& /*request*/) { return answered(200); });
  WorkerPool pool(connector, 3);
  connector.hang();
  for (int i = 0; i < 12; ++i) {
    REQUIRE(pool.submit(
        [](const WorkerPool::Tools& tools) { CHECK(tools.connection.send({}).status == 200); }));
  }
  CHECK(connector.wait_for(3));
  CHECK(connector.asked().size() == 3);
  connector.let_go();
  pool.stop(60s);
  CHECK(connector.asked().size() == 12);
  CHECK(connector.connections() == 3);
  CHECK_FALSE(pool.submit([](const WorkerPool::Tools& /*tools*/) {}));
}

TEST_CASE("A single thread does its jobs in their order") {
  ScriptedConnector connector([](const Request& /*request*/) { return answered(200); });
  WorkerPool pool(connector, 1);
  std::vector<int> done;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(pool.submit([&done, i](const WorkerPool::Tools& /*tools*/) { done.push_back(i); }));
  }
  pool.stop(60s);
  CHECK(done.size() == 10);
  CHECK(std::is_sorted(done.begin(), done.end()));
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
