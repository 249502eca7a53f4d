#include "metrics/feedback_api.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "metrics/api.h"
#include "tests/unit/metrics/fake_feedback.h"
#include "tests/unit/metrics/fake_source.h"

namespace ebbgate::metrics {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using What = Offered::What;

struct SetClock final : Clock {
  Instant at{BootTime(1000s), *parse_time("2026-12-24T18:00:00.250Z")};
  Instant now() const override { return at; }
};

struct Serving {
  test::FakeSource source;
  test::FakeFeedback feedback;
  SetClock clock;
  Handler everybody = api_handler(
      source, feedback, [] { return std::string(); }, clock, Access::read_only);
  Handler admin = api_handler(
      source, feedback, [] { return std::string(); }, clock, Access::admin);

  Reply list(const std::string& if_none_match = "") const {
    return everybody({"GET", "/api/v1/feedback", {}, if_none_match, ""});
  }
  Reply post(const std::string& path, const std::string& body = "{}",
             const std::map<std::string, std::string>& parameters = {}) const {
    return everybody({"POST", "/api/v1/feedback" + path, parameters, "", body});
  }
};

std::string header_in(const Reply& reply, const std::string& name) {
  for (const auto& [found, value] : reply.headers) {
    if (found == name) return value;
  }
  return "";
}

std::string message_of(const Reply& reply) {
  CHECK(reply.content_type == "application/json");
  return json::parse(reply.body).at("error");
}

}  // namespace

TEST_CASE("messages are handed over as they are, and their numbers come back") {
  Serving serving;
  serving.feedback.answer = {What::taken, 3, 2, 0, ""};
  const Reply reply = serving.post("/side%20car", "{\"a\":1}\n{\"a\":2}\n");
  CHECK(reply.status == 202);
  CHECK(reply.content_type == "application/json");
  CHECK(json::parse(reply.body) == json{{"queued", 3}, {"dropped", 2}});
  CHECK(serving.feedback.offers ==
        std::vector<test::FakeFeedback::Offer>{{"side car", "{\"a\":1}\n{\"a\":2}\n", false}});
  CHECK(serving.admin({"POST", "/api/v1/feedback/sidecar", {}, "", "{}"}).status == 202);
}

TEST_CASE("durable is handed over, and must be true or false") {
  Serving serving;
  for (const std::string durable : {"true", "false", ""}) {
    CHECK(serving.post("/sidecar", "{}", {{"durable", durable}}).status == 202);
    CHECK(serving.feedback.offers.back().durable == (durable == "true"));
  }
  const std::size_t offers = serving.feedback.offers.size();
  for (const std::string durable : {"1", "yes", "True", "true "}) {
    const Reply reply = serving.post("/sidecar", "{}", {{"durable", durable}});
    CHECK(reply.status == 400);
    CHECK(message_of(reply) == "durable must be true or false");
  }
  CHECK(serving.post("/sidecar", "{}", {{"durabel", "true"}}).status == 400);
  CHECK(serving.feedback.offers.size() == offers);
}

TEST_CASE("a wrong message is told with its line") {
  Serving serving;
  serving.feedback.answer = {What::wrong, 0, 0, 7, "true_score is \"x\", no number"};
  const Reply reply = serving.post("/sidecar");
  CHECK(reply.status == 400);
  CHECK(json::parse(reply.body) == json{{"error", "true_score is \"x\", no number"}, {"line", 7}});
}

TEST_CASE("a peer that is not there is told with those that are") {
  Serving serving;
  serving.feedback.answer.what = What::no_peer;
  Reply reply = serving.post("/sidecar");
  CHECK(reply.status == 404);
  CHECK(message_of(reply) == "no such peer: sidecar; none is configured");
  serving.feedback.add("a");
  serving.feedback.add("b");
  reply = serving.post("/sidecar");
  CHECK(message_of(reply) == "no such peer: sidecar; configured are: a, b");
}

TEST_CASE("what cannot be taken durably is told apart, and when to try again") {
  Serving serving;
  serving.feedback.answer.what = What::full;
  Reply reply = serving.post("/sidecar");
  CHECK(reply.status == 507);
  CHECK(message_of(reply).find("nothing was taken") != std::string::npos);
  serving.feedback.answer.what = What::degraded;
  reply = serving.post("/sidecar");
  CHECK(reply.status == 503);
  CHECK(header_in(reply, "Retry-After") == "1");
  CHECK(message_of(reply).find("database") != std::string::npos);
  serving.feedback.answer.what = What::stopping;
  reply = serving.post("/sidecar");
  CHECK(reply.status == 503);
  CHECK(header_in(reply, "Retry-After") == "1");
  CHECK(message_of(reply).find("stopping") != std::string::npos);
}

TEST_CASE("other methods and paths of feedback are refused") {
  Serving serving;
  Reply reply = serving.everybody({"GET", "/api/v1/feedback/sidecar", {}, "", ""});
  CHECK(reply.status == 405);
  CHECK(header_in(reply, "Allow") == "POST");
  reply = serving.post("");
  CHECK(reply.status == 405);
  CHECK(header_in(reply, "Allow") == "GET, HEAD");
  for (const std::string path : {"/", "/%zz"}) CHECK(serving.post(path).status == 404);
  CHECK(serving.post("s").status == 404);
  CHECK(serving.feedback.offers.empty());
}

TEST_CASE("peers in JSON have every field, null where there is nothing to tell") {
  Serving serving;
  CHECK(json::parse(serving.list().body) == json{{"items", json::array()}});
  PeerStatus& down = serving.feedback.add("sidecar");
  down.level = 3;
  down.next_attempt = serving.clock.at.boot + 8s;
  down.problem = "connection refused \xFF";
  down.accepted = 15;
  down.delivered = 5;
  down.rejected = 4;
  down.dropped = 3;
  down.queued = 2;
  down.in_flight = 1;
  serving.feedback.add("auditor").up = true;
  const Reply reply = serving.list();
  CHECK(reply.status == 200);
  CHECK(reply.content_type == "application/json");
  CHECK(json::parse(reply.body) == json::parse(R"({"items": [
    {"peer": "sidecar", "socket": "/run/sidecar.sock", "up": false, "level": 3,
     "next_attempt": "2026-12-24T18:00:08.250Z", "problem": "connection refused )"
                                               "\xEF\xBF\xBD"
                                               R"(", "accepted": 15, "delivered": 5,
     "rejected": 4, "dropped": 3, "queued": 2, "in_flight": 1},
    {"peer": "auditor", "socket": "/run/auditor.sock", "up": true, "level": 0,
     "next_attempt": null, "problem": null, "accepted": 0, "delivered": 0, "rejected": 0,
     "dropped": 0, "queued": 0, "in_flight": 0}]})"));
  CHECK(serving.everybody({"GET", "/api/v1/feedback", {{"x", "y"}}, "", ""}).status == 400);
}

TEST_CASE("peers that rest are the same answer, and the wall clock's small steps change nothing") {
  Serving serving;
  serving.feedback.add("sidecar").next_attempt = serving.clock.at.boot + 8s;
  const std::string tag = header_in(serving.list(), "ETag");
  REQUIRE_FALSE(tag.empty());
  serving.clock.at.boot += 1s;
  serving.clock.at.wall += 1s + 20ms;
  CHECK(serving.list(tag).status == 304);
  serving.clock.at.wall += 1h;
  const Reply moved = serving.list(tag);
  CHECK(moved.status == 200);
  CHECK(json::parse(moved.body).at("items")[0].at("next_attempt") == "2026-12-24T19:00:08.270Z");
}

}  // namespace ebbgate::metrics
