#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "controller/kubernetes/event_request.h"
#include "controller/kubernetes/event_writer.h"
#include "tests/unit/kubernetes/events_support.h"

namespace ebbgate::kubernetes {

namespace {

using namespace testing;
using Json = nlohmann::json;

struct World {
  VirtualClock clock;
  FakeConnection connection;
  std::vector<std::string> lines;
  std::uint64_t dropped = 0;
  EventWriter writer{connection,
                     {[this](const std::string& line) { lines.push_back(line); },
                      [this](std::uint64_t count) { dropped += count; }},
                     {},
                     clock.now().boot};

  void tell(const std::string& name, const std::string& message = "m") {
    writer.record(clock.now(), target_of(name), EventReason::updated, EventType::normal, message);
  }
  // Lets time pass, and takes every turn that is due.
  void run(Duration duration) {
    const BootTime end = clock.now().boot + duration;
    for (auto next = writer.turn(clock); next && *next <= end; next = writer.turn(clock)) {
      if (*next > clock.now().boot) clock.advance(*next - clock.now().boot);
    }
    clock.advance(end - clock.now().boot);
  }
  std::size_t sent() { return connection.requests().size(); }
};

}  // namespace

TEST_CASE("an Event is created with all that kubectl shows") {
  World world;
  world.writer.record(world.clock.now(), target_of("web"), EventReason::update_failing,
                      EventType::warning, "it \"failed\"");
  world.run(0s);
  REQUIRE(world.sent() == 1);
  const Request request = world.connection.requests()[0];
  CHECK(request.verb == "create");
  CHECK(request.resource == "events");
  CHECK(request.method == "POST");
  CHECK(request.path == "/api/v1/namespaces/default/events?fieldManager=ebbgate");
  CHECK(request.content_type == "application/json");
  Json body = Json::parse(request.body);
  CHECK(body["metadata"]["name"].get<std::string>().starts_with("web."));
  body["metadata"].erase("name");
  CHECK(body == Json::parse(R"({
    "apiVersion": "v1", "kind": "Event", "metadata": {"namespace": "default"},
    "involvedObject": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "default",
                       "name": "web", "uid": "uid-web", "resourceVersion": "42"},
    "reason": "UpdateFailing", "message": "it \"failed\"", "type": "Warning",
    "source": {"component": "ebbgate"}, "reportingComponent": "ebbgate", "reportingInstance": "",
    "firstTimestamp": "2023-11-14T22:13:20Z", "lastTimestamp": "2023-11-14T22:13:20Z",
    "count": 1})"));
}

TEST_CASE("later ones patch the object's count, time and message only") {
  World world;
  world.tell("web", "one");
  world.run(30s);
  world.tell("web", "two");
  world.run(5min);
  REQUIRE(world.sent() == 2);
  const Request request = world.connection.requests()[1];
  const Json created = Json::parse(world.connection.requests()[0].body);
  CHECK(request.verb == "patch");
  CHECK(request.method == "PATCH");
  CHECK(request.content_type == "application/merge-patch+json");
  CHECK(request.path == "/api/v1/namespaces/default/events/" +
                            created["metadata"]["name"].get<std::string>() +
                            "?fieldManager=ebbgate");
  CHECK(Json::parse(request.body) ==
        Json({{"count", 2}, {"lastTimestamp", "2023-11-14T22:13:50Z"}, {"message", "two"}}));
}

TEST_CASE("a message is cut to what the server takes, between characters, and made UTF-8") {
  EventWrite write;
  write.target = target_of("web");
  write.message = std::string(1023, 'a') + "é";
  CHECK(Json::parse(event_request(write).body)["message"] == std::string(1023, 'a'));
  write.message = std::string(1024, 'a');
  CHECK(Json::parse(event_request(write).body)["message"] == write.message);
  write.message = "a\xFF";
  CHECK(Json::parse(event_request(write).body)["message"] == "a\xEF\xBF\xBD");
}

TEST_CASE("429, 5xx, breaks and a rejected token are retried with a growing wait") {
  for (const Response& failure :
       {answered(429), answered(500), answered(503), answered(401), broken(), Response()}) {
    World world;
    for (int i = 0; i < 3; ++i) world.connection.answer(failure);
    world.tell("web");
    world.run(0s);
    CHECK(world.sent() == 1);
    world.run(1s);
    CHECK(world.sent() == 2);
    world.run(2s);
    CHECK(world.sent() == 3);
    world.run(3999ms);
    CHECK(world.sent() == 3);
    world.run(1ms);
    CHECK(world.sent() == 4);
    world.run(10min);
    CHECK(world.sent() == 4);
    CHECK(world.dropped == 0);
    CHECK(world.lines.empty());
  }
}

TEST_CASE("the server's wish to wait is heard") {
  World world;
  Response response = answered(429);
  response.retry_after = 20s;
  world.connection.answer(response);
  world.tell("web");
  world.run(19s);
  CHECK(world.sent() == 1);
  world.run(1s);
  CHECK(world.sent() == 2);
}

TEST_CASE("what cannot be written for two minutes is dropped and counted, and others follow") {
  World world;
  world.tell("web");
  for (int i = 0; i < 8; ++i) world.connection.answer(answered(500));
  world.run(0s);
  world.tell("api");
  world.run(110s);
  CHECK(world.dropped == 1);
  const auto requests = world.connection.requests();
  CHECK(requests.size() == 9);
  CHECK(Json::parse(requests.back().body)["involvedObject"]["name"] == "api");
}

TEST_CASE("an Event that the server refuses is dropped at once") {
  World world;
  world.connection.answer(answered(422));
  world.tell("web");
  world.run(10min);
  CHECK(world.sent() == 1);
  CHECK(world.dropped == 1);
}

TEST_CASE("a missing right is told once for a namespace, until an Event can be written again") {
  World world;
  const Response forbidden = answered(403, "may not create events; grant it");
  for (const std::string name : {"a", "b"}) {
    world.connection.answer(forbidden);
    world.tell(name);
    world.run(1min);
  }
  CHECK(world.lines ==
        std::vector<std::string>{"Events cannot be written: may not create events; grant it"});
  CHECK(world.sent() == 2);
  CHECK(world.dropped == 2);
  world.tell("c");
  world.run(1min);
  CHECK(world.sent() == 3);
  world.connection.answer(forbidden);
  world.tell("d");
  world.run(1min);
  CHECK(world.lines.size() == 2);
}

TEST_CASE("an Event that an earlier try did create counts as written") {
  World world;
  world.connection.answer(broken());
  world.connection.answer(answered(409));
  world.tell("web");
  world.run(5s);
  CHECK(world.sent() == 2);
  CHECK(world.dropped == 0);
}

TEST_CASE("an Event that is gone is created again, with its count") {
  World world;
  world.tell("web");
  world.run(1min);
  world.connection.answer(answered(404));
  world.tell("web", "again");
  world.run(1s);
  const auto requests = world.connection.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[1].method == "PATCH");
  CHECK(requests[2].method == "POST");
  const Json first = Json::parse(requests[0].body);
  const Json body = Json::parse(requests[2].body);
  CHECK(body["metadata"]["name"] == first["metadata"]["name"]);
  CHECK(body["count"] == 2);
  CHECK(body["message"] == "again");
  CHECK(body["firstTimestamp"] == "2023-11-14T22:13:20Z");
}

TEST_CASE("a namespace that is gone takes no Event, and none is tried for ever") {
  World world;
  world.connection.answer(answered(404));
  world.tell("web");
  world.run(10min);
  CHECK(world.sent() == 1);
  CHECK(world.dropped == 1);
}

}  // namespace ebbgate::kubernetes
