#include "controller/kubernetes/leader_election.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "base/mutex.h"
#include "tests/unit/kubernetes/leader_support.h"

namespace ebbgate::kubernetes {
namespace {

using namespace std::chrono_literals;

// Waits for what another thread does, at most as long as no machine is loaded.
bool comes_true(const std::function<bool()>& condition) {
  const BootTime end = BootClock::now() + 60s;
  while (!condition()) {
    if (BootClock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

// The API server, to which connections are made; it can be made to fail or to hang.
class FakeServer final : public Connector {
 public:
  std::unique_ptr<Connection> connect() override;

  Response serve(const Request& request) {
    MutexLock lock(mutex_);
    requests_.push_back(request);
    if (status_ != 0)
      return {.result = Response::Result::answered,
              .status = status_,
              .body = {},
              .retry_after = {},
              .error = error_,
              .has_status_body = true};
    std::optional<LeaseObject> lease;
    if (request.method == "GET") lease = leases_.read();
    if (request.method == "POST") lease = leases_.create(request.body);
    if (request.method == "PUT") lease = leases_.update(request.body);
    Response response;
    response.result = Response::Result::answered;
    response.status = lease ? 200 : request.method == "GET" ? 404 : 409;
    if (lease) response.body = lease->json;
    return response;
  }

  void fail(int status, const std::string& error) {
    MutexLock lock(mutex_);
    status_ = status;
    error_ = error;
  }
  void hang() { hanging_ = true; }
  bool hanging() const { return hanging_; }
  LeaseRecord record() const {
    MutexLock lock(mutex_);
    const auto lease = leases_.read();
    return lease ? lease->record : LeaseRecord{};
  }
  std::vector<Request> requests() const {
    MutexLock lock(mutex_);
    return requests_;
  }

 private:
  mutable Mutex mutex_;
  LeaseServer leases_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<Request> requests_ EBBGATE_GUARDED_BY(mutex_);
  int status_ EBBGATE_GUARDED_BY(mutex_) = 0;
  std::string error_ EBBGATE_GUARDED_BY(mutex_);
  std::atomic<bool> hanging_{false};
};

class FakeConnection final : public Connection {
 public:
  explicit FakeConnection(FakeServer& server) : server_(server) {}

  Response send(const Request& request) override {
    const BootTime end = BootClock::now() + request.deadline;
    while (server_.hanging() && !interrupted_ && BootClock::now() < end) {
      std::this_thread::sleep_for(1ms);
    }
    if (!server_.hanging() && !interrupted_) return server_.serve(request);
    Response response;
    response.result = Response::Result::broken;
    response.error = "timed out";
    return response;
  }
  Response stream(const Request&, Duration, const Receive&) override { return {}; }
  void interrupt() override { interrupted_ = true; }

 private:
  FakeServer& server_;
  std::atomic<bool> interrupted_{false};
};

std::unique_ptr<Connection> FakeServer::connect() {
  return std::make_unique<FakeConnection>(*this);
}

class Listener final : public LeaderListener {
 public:
  void leading(const std::string& term, const std::string& term_before) override {
    {
      MutexLock lock(mutex_);
      term_ = term;
      term_before_ = term_before;
    }
    ++terms_;
  }
  void lost(const std::string& why) override {
    MutexLock lock(mutex_);
    why_ = why;
    ++losses_;
  }
  void info(const std::string& line) override {
    MutexLock lock(mutex_);
    infos_.push_back(line);
  }
  void warn(const std::string& line) override {
    MutexLock lock(mutex_);
    warnings_.push_back(line);
  }

  int terms() const { return terms_; }
  int losses() const { return losses_; }
  std::string term() const {
    MutexLock lock(mutex_);
    return term_;
  }
  std::string term_before() const {
    MutexLock lock(mutex_);
    return term_before_;
  }
  std::string why() const {
    MutexLock lock(mutex_);
    return why_;
  }
  std::vector<std::string> warnings() const {
    MutexLock lock(mutex_);
    return warnings_;
  }
  std::vector<std::string> infos() const {
    MutexLock lock(mutex_);
    return infos_;
  }

 private:
  std::atomic<int> terms_{0};
  std::atomic<int> losses_{0};
  mutable Mutex mutex_;
  std::string term_ EBBGATE_GUARDED_BY(mutex_);
  std::string term_before_ EBBGATE_GUARDED_BY(mutex_);
  std::string why_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<std::string> warnings_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<std::string> infos_ EBBGATE_GUARDED_BY(mutex_);
};

struct Replica {
  Replica(FakeServer& server, const std::string& identity, const LeaseSettings& base = {})
      : election(named(base, identity), server, listener, [] { return 0.0; }) {
    election.start();
  }

  static LeaseSettings named(LeaseSettings settings, const std::string& identity) {
    settings.namespace_name = "system";
    settings.identity = identity;
    return settings;
  }

  Listener listener;
  LeaderElection election;
};

LeaseSettings quick() {
  LeaseSettings settings;
  settings.retry = 5ms;
  return settings;
}

TEST_CASE("The first replica leads, says so, and asks for what the Lease's role allows") {
  FakeServer server;
  Replica a(server, "a", quick());
  REQUIRE(comes_true([&] { return a.listener.terms() == 1; }));
  CHECK(a.listener.term_before().empty());
  CHECK(a.election.lease_left() > 0s);
  CHECK(a.election.lease_left() <= 15s);
  CHECK(a.election.holder() == "a");
  REQUIRE(comes_true([&] { return server.requests().size() >= 3; }));
  const std::vector<Request> requests = server.requests();
  const std::string path = "/apis/coordination.k8s.io/v1/namespaces/system/leases";
  CHECK(requests[0].verb == "get");
  CHECK(requests[0].path == path + "/ebbgate");
  CHECK(requests[1].verb == "create");
  CHECK(requests[1].method == "POST");
  CHECK(requests[1].path == path + "?fieldManager=ebbgate");
  CHECK(requests[2].verb == "update");
  CHECK(requests[2].method == "PUT");
  CHECK(requests[2].path == path + "/ebbgate?fieldManager=ebbgate");
  for (const Request& request : requests) {
    CHECK(request.resource == "leases");
    CHECK(request.deadline <= 5s);
  }
  CHECK(a.listener.infos() == std::vector<std::string>{"a leads"});
  CHECK(a.listener.warnings().empty());
}

TEST_CASE("A standby leads when the leader has released the Lease, and not before") {
  FakeServer server;
  Replica a(server, "a", quick());
  REQUIRE(comes_true([&] { return a.listener.terms() == 1; }));
  Replica b(server, "b", quick());
  REQUIRE(comes_true([&] { return b.election.holder() == "a"; }));
  CHECK(b.election.lease_left() == 0s);
  CHECK(b.listener.terms() == 0);
  a.election.stop(true);
  CHECK(a.election.lease_left() == 0s);
  REQUIRE(comes_true([&] { return b.listener.terms() == 1; }));
  CHECK(b.listener.term_before() == a.listener.term());
  CHECK(b.listener.term() != a.listener.term());
  CHECK(server.record().transitions == 1);
  CHECK(a.listener.losses() == 0);
}

TEST_CASE("Without a release the Lease stays, and a restarted process has it at once") {
  FakeServer server;
  {
    Replica a(server, "a", quick());
    REQUIRE(comes_true([&] { return a.listener.terms() == 1; }));
    a.election.stop(false);
    a.election.stop(true);  // too late to matter
  }
  CHECK(server.record().holder == "a");
  Replica again(server, "a", quick());
  REQUIRE(comes_true([&] { return again.listener.terms() == 1; }));
  CHECK(again.listener.term_before() == again.listener.term());
}

TEST_CASE(
    "A leader that cannot renew says that it lost, and nothing of the lease is left by then") {
  FakeServer server;
  LeaseSettings settings = quick();
  settings.duration = 4s;
  settings.renew = 2s;
  Replica a(server, "a", settings);
  REQUIRE(comes_true([&] { return a.listener.terms() == 1; }));
  server.fail(500, "the API server answered 500");
  REQUIRE(comes_true([&] { return a.listener.losses() == 1; }));
  CHECK(a.election.lease_left() == 0s);
  CHECK(a.listener.why() ==
        "the lease could not be renewed within 2s: the API server answered 500");
  // Many requests failed, of two kinds.
  CHECK(server.requests().size() > 10);
  CHECK(a.listener.warnings().size() == 2);
  CHECK(a.listener.terms() == 1);
}

TEST_CASE("A missing permission is told once, with what the API server says") {
  FakeServer server;
  server.fail(403, "cannot get leases in namespace system: grant get, create and update");
  Replica a(server, "a", quick());
  REQUIRE(comes_true([&] { return server.requests().size() > 20; }));
  const std::vector<std::string> expected = {
      "leader election: cannot get leases in namespace system: grant get, create and update"};
  CHECK(a.listener.warnings() == expected);
  CHECK(a.listener.terms() == 0);
  server.fail(0, {});
  CHECK(comes_true([&] { return a.listener.terms() == 1; }));
}

TEST_CASE("A leader whose API server hangs stops at once, and releases what it can") {
  FakeServer server;
  Replica a(server, "a", quick());
  REQUIRE(comes_true([&] { return a.listener.terms() == 1; }));
  server.hang();
  const BootTime began = BootClock::now();
  a.election.stop(true);
  CHECK(BootClock::now() - began < 30s);
  CHECK(a.election.lease_left() == 0s);
}

TEST_CASE("An election that was never started can be stopped") {
  FakeServer server;
  Listener listener;
  LeaderElection election({}, server, listener, [] { return 0.0; });
  election.stop(true);
  CHECK(server.requests().empty());
}

}  // namespace
}  // namespace ebbgate::kubernetes
