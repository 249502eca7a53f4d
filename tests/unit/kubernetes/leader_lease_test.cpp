#include <doctest/doctest.h>

#include "controller/kubernetes/lease.h"
#include "tests/unit/kubernetes/leader_support.h"

namespace ebbgate::kubernetes {
namespace {

using namespace std::chrono_literals;
using What = LeaseCandidate::Step::What;
using Answer = LeaseCandidate::Answer;
using Phase = LeaseCandidate::Phase;

LeaseSettings settings_of(const std::string& identity) {
  LeaseSettings settings;
  settings.namespace_name = "system";
  settings.identity = identity;
  return settings;
}

// A candidate whose requests are answered at once, or by hand.
struct Candidate {
  explicit Candidate(LeaseServer& its_server, const std::string& identity)
      : server(its_server), lease(settings_of(identity), [] { return 0.0; }) {}

  Instant now() const { return {BootTime(1000s) + time, WallTime(wall)}; }

  LeaseCandidate::Step step() { return lease.next(now()); }

  void answer(Answer::What what, const std::string& error = {}) {
    lease.answered({what, {}, Duration(0), error}, now().boot, now().boot);
  }

  void answer(const LeaseCandidate::Step& asked) {
    std::optional<LeaseObject> lease_now;
    if (asked.what == What::read) lease_now = server.read();
    if (asked.what == What::create) lease_now = server.create(asked.body);
    if (asked.what == What::update) lease_now = server.update(asked.body);
    Answer given;
    given.what = Answer::What::lease;
    if (lease_now) {
      given.lease = *lease_now;
    } else {
      given.what = asked.what == What::read ? Answer::What::not_found : Answer::What::conflict;
    }
    lease.answered(given, now().boot, now().boot);
  }

  // Does what there is to do now; gives for how long there is nothing.
  Duration run() {
    for (int steps = 0; steps < 10; ++steps) {
      const LeaseCandidate::Step next = step();
      if (next.what == What::end) return Duration::max();
      if (next.what == What::wait) return next.until - now().boot;
      answer(next);
    }
    FAIL("asks for ever");
    return Duration(0);
  }

  void run_for(Duration span) {
    const Duration end = time + span;
    while (time <= end) {
      const Duration wait = run();
      if (wait > end - time) break;
      time += wait;
    }
    time = end;
  }

  Duration left() const { return lease.leads_until() - now().boot; }
  bool leads() const { return lease.phase() == Phase::leading; }

  LeaseServer& server;
  LeaseCandidate lease;
  Duration time{0};
  std::chrono::milliseconds wall = 1'800'000'000'123ms;
};

TEST_CASE("A Lease that does not exist is created") {
  LeaseServer server;
  Candidate a(server, "a");
  CHECK(a.run() == 2s);
  CHECK(a.leads());
  CHECK(a.lease.term() == "uid-101/0");
  CHECK(a.lease.term_before().empty());
  CHECK(a.left() == 15s);
  const LeaseRecord record = server.read()->record;
  CHECK(record.holder == "a");
  CHECK(record.duration_seconds == 15);
  CHECK(record.transitions == 0);
  CHECK(record.acquire_time == "2027-01-15T08:00:00.123000Z");
  CHECK(record.renew_time == record.acquire_time);
  const auto json = nlohmann::json::parse(server.read()->json);
  CHECK(json["metadata"]["namespace"] == "system");
  CHECK(json["metadata"]["name"] == "ebbgate");
}

TEST_CASE("A leader renews every retry period, without a read, and keeps when it acquired") {
  LeaseServer server;
  Candidate a(server, "a");
  a.run();
  const LeaseRecord first = server.read()->record;
  a.time += 2s;
  a.wall += 2s;
  const LeaseCandidate::Step step = a.step();
  CHECK(step.what == What::update);
  a.answer(step);
  const LeaseRecord second = server.read()->record;
  CHECK(second.acquire_time == first.acquire_time);
  CHECK(second.renew_time == "2027-01-15T08:00:02.123000Z");
  CHECK(second.transitions == 0);
  CHECK(a.left() == 15s);
}

TEST_CASE(
    "Another takes the Lease only when it has not changed for its duration on its own clock") {
  LeaseServer server;
  Candidate a(server, "a");
  a.run();
  Candidate b(server, "b");
  b.wall += std::chrono::hours(24);  // by its wall clock the Lease ended long ago
  b.run_for(14900ms);
  CHECK_FALSE(b.leads());
  CHECK(b.lease.holder() == "a");
  b.run_for(2s);
  CHECK(b.leads());
  CHECK(b.lease.term_before() == a.lease.term());
  CHECK(b.lease.term() == "uid-101/1");
  CHECK(server.read()->record.transitions == 1);
  CHECK(server.read()->record.holder == "b");
}

TEST_CASE("The duration that counts is the one that the holder wrote") {
  LeaseServer server;
  Candidate a(server, "a");
  a.run();
  server.edit([](nlohmann::json& lease) { lease["spec"]["leaseDurationSeconds"] = 60; });
  Candidate b(server, "b");
  b.run_for(59s);
  CHECK_FALSE(b.leads());
  b.run_for(3s);
  CHECK(b.leads());
}

TEST_CASE("A change of the Lease's metadata alone prolongs nothing") {
  LeaseServer server;
  Candidate a(server, "a");
  a.run();
  Candidate b(server, "b");
  for (int i = 0; i < 9; ++i) {
    b.run_for(2s);
    server.edit([i](nlohmann::json& lease) { lease["metadata"]["labels"]["seen"] = i; });
  }
  CHECK(b.leads());
  CHECK(nlohmann::json::parse(server.read()->json)["metadata"]["labels"].contains("seen"));
}

TEST_CASE("A restarted process takes its own Lease at once, and goes on with its term") {
  LeaseServer server;
  Candidate before(server, "a");
  before.run();
  Candidate after(server, "a");
  after.run();
  CHECK(after.leads());
  CHECK(after.lease.term_before() == before.lease.term());
  CHECK(after.lease.term() == before.lease.term());
  CHECK(server.read()->record.transitions == 0);
}

TEST_CASE("One that took the Lease without hearing of it comes after the one before it") {
  LeaseServer server;
  Candidate a(server, "a");
  a.run();
  Candidate b(server, "b");
  b.run_for(14s);
  b.time += 2s;
  b.answer(b.step());  // a read
  const LeaseCandidate::Step take = b.step();
  REQUIRE(take.what == What::update);
  REQUIRE(server.update(take.body));
  b.answer(Answer::What::failed, "timed out");
  b.run_for(3s);
  CHECK(b.leads());
  CHECK(b.lease.term_before() == "uid-101/0");
  CHECK(b.lease.term() == "uid-101/1");
}

TEST_CASE("After a clean end the term before is its own, unless somebody led in between") {
  for (const bool another : {false, true}) {
    LeaseServer server;
    Candidate before(server, "a");
    before.run();
    REQUIRE(server.update(*before.lease.release(before.now())));
    if (another) {
      Candidate b(server, "b");
      b.run();
      REQUIRE(server.update(*b.lease.release(b.now())));
    }
    Candidate after(server, "a, of another identity");
    after.run();
    REQUIRE(after.leads());
    CHECK((after.lease.term_before() == "uid-101/0") == !another);
  }
}

TEST_CASE("A Lease that was made anew has terms of its own") {
  LeaseServer server;
  Candidate before(server, "a");
  before.run();
  server.remove();
  Candidate after(server, "a");
  after.run();
  REQUIRE(after.leads());
  CHECK(after.lease.term_before().empty());
  CHECK(after.lease.term() != before.lease.term());
}

TEST_CASE("A released Lease is taken at the next look") {
  LeaseServer server;
  Candidate a(server, "a");
  a.run();
  Candidate b(server, "b");
  b.run();
  const std::optional<std::string> body = a.lease.release(a.now());
  REQUIRE(body);
  CHECK_FALSE(a.leads());
  REQUIRE(server.update(*body));
  CHECK(server.read()->record.holder.empty());
  CHECK(server.read()->record.duration_seconds == 1);
  CHECK(server.read()->record.transitions == 0);
  b.run_for(2s);
  CHECK(b.leads());
  CHECK(server.read()->record.transitions == 1);
  CHECK(a.step().what == What::end);
}

TEST_CASE("What one does not hold is not released") {
  LeaseServer server;
  Candidate a(server, "a");
  a.run();
  Candidate b(server, "b");
  b.run();
  CHECK_FALSE(b.lease.release(b.now()));
}

TEST_CASE("A release that met a renewal of its own is repeated after a read") {
  LeaseServer server;
  Candidate a(server, "a");
  a.run();
  a.time += 2s;
  REQUIRE(server.update(a.step().body));  // whose answer is lost
  REQUIRE_FALSE(server.update(*a.lease.release(a.now())));
  Answer read;
  read.what = Answer::What::lease;
  read.lease = *server.read();
  a.lease.answered(read, a.now().boot, a.now().boot);
  CHECK(server.update(*a.lease.release(a.now())));
}

TEST_CASE("A leader that cannot renew gives up in time, and never leads again") {
  LeaseServer server;
  Candidate a(server, "a");
  a.run();
  while (a.leads()) {
    const LeaseCandidate::Step step = a.step();
    if (step.what == What::wait) {
      a.time = step.until - BootTime(1000s);
    } else if (step.what != What::end) {
      CHECK(step.deadline > Duration(0));
      CHECK(step.deadline <= 5s);
      a.time += step.deadline;
      a.answer(Answer::What::failed, "timed out");
    }
  }
  CHECK(a.time == 10s);
  CHECK(a.lease.lost_because() == "the lease could not be renewed within 10s: timed out");
  CHECK(a.lease.leads_until() == BootTime::min());
  a.time += 100s;
  CHECK(a.step().what == What::end);
}

TEST_CASE("A leader that meets a late renewal of its own reads and renews at once") {
  LeaseServer server;
  Candidate a(server, "a");
  a.run();
  a.time += 2s;
  REQUIRE(server.update(a.step().body));  // whose answer is lost
  a.answer(Answer::What::conflict);
  CHECK(a.step().what == What::read);
  CHECK(a.run() == 2s);
  CHECK(a.leads());
  CHECK(a.left() == 15s);
}

TEST_CASE("A leader that sees another hold the Lease has lost it") {
  LeaseServer server;
  Candidate a(server, "a");
  a.run();
  server.edit([](nlohmann::json& lease) { lease["spec"]["holderIdentity"] = "b"; });
  a.time += 2s;
  a.run();
  CHECK(a.lease.phase() == Phase::lost);
  CHECK(a.lease.lost_because() == "b holds the lease now");
}

TEST_CASE("A deleted Lease is created again by its leader") {
  LeaseServer server;
  Candidate a(server, "a");
  a.run();
  server.remove();
  a.time += 2s;
  a.run();
  CHECK(a.leads());
  CHECK(server.read()->record.holder == "a");
}

TEST_CASE("An answer that comes later than a term lasts begins none") {
  LeaseServer server;
  Candidate a(server, "a");
  a.answer(a.step());
  const LeaseCandidate::Step create = a.step();
  REQUIRE(create.what == What::create);
  const BootTime sent = a.now().boot;
  Answer answer;
  answer.what = Answer::What::lease;
  answer.lease = *server.create(create.body);
  a.time += 60s;  // the machine slept
  a.lease.answered(answer, sent, a.now().boot);
  CHECK_FALSE(a.leads());
  a.run();
  CHECK(a.leads());
  CHECK(a.left() == 15s);
}

TEST_CASE("A refused candidate waits as long as it is told to") {
  LeaseServer server;
  Candidate a(server, "a");
  a.step();
  a.lease.answered({Answer::What::failed, {}, 7s, "429"}, a.now().boot, a.now().boot);
  CHECK(a.run() == 7s);
}

TEST_CASE("What is no Lease is not read as one") {
  CHECK_FALSE(parse_lease(""));
  CHECK_FALSE(parse_lease("{\"kind\":\"Lease\"}"));
  CHECK_FALSE(parse_lease("{\"kind\":\"Status\",\"metadata\":{\"resourceVersion\":\"1\"}}"));
  const auto bare = parse_lease("{\"kind\":\"Lease\",\"metadata\":{\"resourceVersion\":\"1\"}}");
  REQUIRE(bare);
  CHECK(bare->record == LeaseRecord{});
  CHECK(parse_lease(changed_lease(*bare, {"a", 15, "x", "y", 3}))->record ==
        LeaseRecord{"a", 15, "x", "y", 3});
}

}  // namespace
}  // namespace ebbgate::kubernetes
