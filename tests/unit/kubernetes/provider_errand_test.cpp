#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "controller/kubernetes/errand_runner.h"
#include "controller/kubernetes/wave_hash.h"
#include "tests/unit/kubernetes/provider_script.h"

namespace ebbgate::kubernetes::testing {
namespace {

const std::string kConfig = "/api/v1/namespaces/default/configmaps/web";
const std::string kWorkload = "/apis/apps/v1/namespaces/default/deployments/";
constexpr const char* kWaveHash = "wave.pusher.com/config-hash";
constexpr ErrandRunner::Pauses kShort{1ms, 1ms, 1ms, 1ms};

// A runner beside a model that has synced and knows of nothing yet.
class Running : public ModelByHand {
 public:
  explicit Running(ErrandRunner::Pauses pauses = kShort)
      : ModelByHand([this](const Errands& errands) { runner.add(errands); }),
        runner({model, connector, clock,
                [this] {
                  ++looks_at_lease;
                  return Duration(has_lease ? 1h : 11s);
                },
                [] { return 0.0; },
                [this](const std::string& line) {
                  const MutexLock lock(mutex_);
                  warnings_.push_back(line);
                },
                pauses}) {
    list_nothing();
    runner.start();
  }

  Response ask(const Request& request) {
    if (request.method == "PATCH") return answered(200, "{");
    return answered(200, server.config().value());
  }
  /// Says these one after the other, and then what is.
  void say(std::vector<Response> answers) {
    connector.script([this, answers, next = std::size_t{0}](const Request& request) mutable {
      return next < answers.size() ? answers[next++] : ask(request);
    });
  }
  bool has_references() {
    return listener.wait_for(key,
                             [](const Observation& told) { return told.references != nullptr; });
  }
  bool misses(const std::string& what) {
    return listener.wait_for(key, [&](const Observation& told) { return told.missing == what; });
  }
  /// Has the state of a new workload written.
  void want_record(const std::string& name) {
    tell_workload(named(name));
    const Remembered remembered{3, 1, sha256("applied")};
    model.use([&](ClusterModel& known) {
      known.remember({"default", "Deployment", name}, remembered);
    });
  }
  std::vector<std::string> warnings() {
    const MutexLock lock(mutex_);
    return warnings_;
  }

  ScriptedConnector connector{[this](const Request& request) { return ask(request); }};
  std::atomic<bool> has_lease = true;
  std::atomic<int> looks_at_lease = 0;

 private:
  Mutex mutex_;
  std::vector<std::string> warnings_ EBBGATE_GUARDED_BY(mutex_);

 public:
  ErrandRunner runner;  // ends first
};

TEST_CASE("An object that a new workload references is read, and taken into the model") {
  Running running;
  running.tell_workload(running.server.deployment());
  CHECK(running.has_references());
  CHECK(running.connector.asked("GET", kConfig) == 1);
}

TEST_CASE("An object that is not found is missing") {
  Running running;
  running.say({status_answer(404)});
  running.tell_workload(running.server.deployment());
  CHECK(running.misses("ConfigMap default/web does not exist"));
  CHECK(running.connector.asked("GET", kConfig) == 1);
}

TEST_CASE("An object that may not be read is missing, told once, and tried again") {
  Running running;
  running.say({status_answer(403), status_answer(403), status_answer(403)});
  running.tell_workload(running.server.deployment());
  CHECK(running.has_references());
  CHECK(running.connector.asked("GET", kConfig) == 4);
  CHECK(running.warnings() == std::vector<std::string>{"answered 403"});
  CHECK(running.runner.problems().empty());
  CHECK(running.listener.wait_for(running.key, [](const Observation& told) {
    return told.missing.find("answered 403") != std::string::npos;
  }));
}

TEST_CASE("What may not be read stays a problem until it is tried again") {
  Running running({1ms, 1ms, 1ms, 1h});
  running.say({status_answer(403)});
  running.tell_workload(running.server.deployment());
  REQUIRE(running.listener.wait_for(running.key,
                                    [](const Observation& told) { return !told.missing.empty(); }));
  CHECK(running.runner.problems() == std::vector<std::string>{"answered 403"});
}

TEST_CASE("A read that fails is repeated, whatever failed") {
  for (const Response& failure :
       {answered(503), broken(), status_answer(401), answered(200, "{")}) {
    CAPTURE(failure.status);
    Running running;
    running.say({failure});
    running.tell_workload(running.server.deployment());
    CHECK(running.has_references());
    CHECK(running.connector.asked("GET", kConfig) == 2);
  }
}

TEST_CASE("A read that keeps failing holds up nothing else") {
  Running running({1ms, 1h, 1h, 1h});
  running.connector.script([&](const Request& request) {
    return request.method == "GET" ? answered(500) : running.ask(request);
  });
  running.tell_workload(running.server.deployment());
  REQUIRE(running.connector.wait_for("GET", kConfig, 1));
  running.want_record("next");
  CHECK(running.connector.wait_for("PATCH", kWorkload + "next", 1));
}

TEST_CASE("A name that no object can have is missing without asking") {
  for (const char* name : {"../x", "a/b", "web?watch=true", "Web"}) {
    Running running;
    auto deployment = running.server.deployment();
    auto& container = deployment["spec"]["template"]["spec"]["containers"][0];
    container.erase("envFrom");
    container["env"] = nlohmann::json::parse(
        R"([{"name":"A","valueFrom":{"configMapKeyRef":{"name":"","key":"k"}}}])");
    container["env"][0]["valueFrom"]["configMapKeyRef"]["name"] = name;
    running.tell_workload(deployment);
    CHECK(running.misses("ConfigMap default/" + std::string(name) + " does not exist"));
    CHECK(running.connector.asked().empty());
  }
}

TEST_CASE("Records go through a lane of ten a second") {
  Running running(ErrandRunner::Pauses{});
  const BootTime begin = BootClock::now();
  for (const char* name : {"a", "b", "c", "d", "e"}) running.want_record(name);
  REQUIRE(running.connector.wait_for("PATCH", kWorkload + "e", 1));
  int records = 0;
  for (const auto& asked : running.connector.asked()) {
    if (asked.request.method == "PATCH") CHECK(asked.at - begin >= records++ * 100ms);
  }
  CHECK(records == 5);
}

TEST_CASE("A record that is answered is not written again") {
  Running running;
  running.connector.script([&](const Request& request) {
    return request.method == "PATCH" ? running.server.patch(request.body) : running.ask(request);
  });
  running.tell_workload(running.server.deployment());
  running.model.use([&](ClusterModel& model) {
    model.remember(running.key, {3, 1, sha256("applied")});
  });
  REQUIRE(running.listener.wait_for(running.key, [](const Observation& told) {
    return told.carried && told.carried->counter == 3;
  }));
  running.want_record("next");
  REQUIRE(running.connector.wait_for("PATCH", kWorkload + "next", 1));
  CHECK(running.connector.asked("PATCH", kWorkload + "web") == 1);
}

// How often the record was sent by the time at which a repeat must have gone.
std::size_t tries(const Response& response) {
  Running running;
  running.connector.script([&, done = false](const Request& request) mutable {
    if (request.method != "PATCH" || std::exchange(done, true)) return running.ask(request);
    return response;
  });
  // They queue up one behind the other, a repeat among them.
  for (const char* name : {"first", "second", "third"}) {
    running.want_record(name);
    REQUIRE(running.connector.wait_for("PATCH", kWorkload + name, 1));
  }
  return running.connector.asked("PATCH", kWorkload + "first");
}

TEST_CASE("A record whose workload is gone or was written to is not sent again") {
  CHECK(tries(status_answer(404)) == 1);
  CHECK(tries(status_answer(422)) == 1);
}

TEST_CASE("A record that failed otherwise is sent again") {
  CHECK(tries(answered(500)) == 2);
  CHECK(tries(broken()) == 2);
  CHECK(tries(not_sent()) == 2);
}

TEST_CASE("Records that may not be written are told once, and tried again") {
  Running running;
  running.connector.script([&, refusals = 0](const Request& request) mutable {
    if (request.method != "PATCH" || refusals == 4) return running.ask(request);
    ++refusals;
    return status_answer(403);
  });
  running.want_record("a");
  running.want_record("b");
  REQUIRE(running.connector.wait_for("PATCH", kWorkload + "a", 2));
  REQUIRE(running.connector.wait_for("PATCH", kWorkload + "b", 2));
  CHECK(running.warnings() == std::vector<std::string>{"answered 403"});
}

TEST_CASE("Without enough of the lease no record is written") {
  Running running;
  running.has_lease = false;
  running.want_record("a");
  const BootTime deadline = BootClock::now() + 60s;
  while (running.looks_at_lease < 3 && BootClock::now() < deadline) std::this_thread::yield();
  REQUIRE(running.looks_at_lease >= 3);
  CHECK(running.connector.asked("PATCH", kWorkload + "a") == 0);
  running.has_lease = true;
  CHECK(running.connector.wait_for("PATCH", kWorkload + "a", 1));
}

// The server's Deployment as Wave left it while the ConfigMap was as it is now.
nlohmann::json by_wave(const SimulatedServer& server) {
  const ConfigName name{ConfigKind::config_map, "default", "web"};
  const auto hash =
      WaveHash::of({{name, "", false}}, [&](const ConfigName&) { return server.config(); });
  nlohmann::json deployment = server.deployment();
  deployment["metadata"]["generation"] = 5;
  deployment["metadata"]["annotations"]["wave.pusher.com/update-on-config-change"] = "true";
  deployment["spec"]["template"]["metadata"]["annotations"][kWaveHash] = hash.value();
  return deployment;
}

TEST_CASE("Where Wave's hash matches, the workload has taken on what is there") {
  Running running;
  running.tell_workload(by_wave(running.server));
  REQUIRE(running.has_references());
  const auto told = running.listener.seen(running.key);
  CHECK_FALSE(told->adopt);
  CHECK(told->taken_on != nullptr);
}

TEST_CASE("Where Wave's hash does not match, the workload has not taken on what is there") {
  Running running;
  auto deployment = by_wave(running.server);
  deployment["spec"]["template"]["metadata"]["annotations"][kWaveHash] = "other";
  running.tell_workload(deployment);
  REQUIRE(running.has_references());
  const auto told = running.listener.seen(running.key);
  CHECK_FALSE(told->adopt);
  CHECK(told->taken_on == nullptr);
}

TEST_CASE("Wave's hash of a version that the watch has not brought is worked out again") {
  Running running;
  running.connector.script([&](const Request& request) {
    // Once it was read for the model, it changes.
    Response response = running.ask(request);
    if (running.server.config()->find("\"2\"") == std::string::npos) {
      running.server.write_config("2");
    }
    return response;
  });
  auto deployment = by_wave(running.server);
  running.tell_workload(deployment);
  REQUIRE(running.connector.wait_for("GET", kConfig, 5));
  CHECK(running.listener.seen(running.key)->references == nullptr);
  running.tell_config();
  REQUIRE(running.has_references());
  CHECK(running.listener.seen(running.key)->taken_on == nullptr);
}

TEST_CASE("Until Wave's hash is worked out again other errands are done") {
  for (const bool readable : {true, false}) {
    Running running({1ms, 1h, 1h});
    running.connector.script([&, reads = 0](const Request& request) mutable {
      if (request.method == "GET" && ++reads == 2) {
        if (!readable) return status_answer(403);
        running.server.write_config("2");
      }
      return running.ask(request);
    });
    running.tell_workload(by_wave(running.server));
    REQUIRE(running.connector.wait_for("GET", kConfig, 2));
    running.want_record("other");
    CHECK(running.connector.wait_for("PATCH", kWorkload + "other", 1));
    CHECK(running.connector.asked("GET", kConfig) == 2);
  }
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
