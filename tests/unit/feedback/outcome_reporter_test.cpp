#include "controller/feedback/outcome_reporter.h"

#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "controller/feedback/message.h"

namespace ebbgate::feedback {
namespace {

using namespace std::chrono_literals;
using governor::Action;
using governor::Decision;

// A workload about which a Governor decides.
class Decided {
 public:
  Decided() {
    workload.key = {"default", "Local", "web"};
    workload.judged = true;
  }

  void decide(Action action, std::optional<Duration> delay = {},
              Outcome outcome = Outcome::applied) {
    Decision decision;
    decision.action = action;
    decision.workload = 7;
    decision.at = BootTime(time);
    decision.level = level;
    decision.fingerprint = sha256("content");
    decision.delay = delay;
    decision.outcome = outcome;
    reporter.decided(
        {BootTime(time), WallTime(1000h) + std::chrono::floor<std::chrono::milliseconds>(time)},
        decision, workload, "detail");
  }

  governor::Workload workload;
  Duration time{0};
  int level = 1;
  std::vector<nlohmann::json> messages;
  std::vector<std::string> lines;
  OutcomeReporter reporter{[this](const std::string& job_id, const std::string& line) {
    lines.push_back(line);
    messages.push_back(nlohmann::json::parse(line));
    CHECK(messages.back()["job_id"] == job_id);
  }};
};

TEST_CASE("An update that became ready scores 100, with what led to it") {
  Decided web;
  web.level = 3;
  web.workload.coalesced = 4;
  web.decide(Action::send, 2s);
  web.time += 500ms;
  web.decide(Action::answer, 500ms);
  CHECK(web.messages.empty());
  web.time += 9s;
  web.decide(Action::ready);
  REQUIRE(web.messages.size() == 1);
  const nlohmann::json& message = web.messages[0];
  CHECK(message["features"] == nlohmann::json({3, 2.0, 0.5, 1, 9.0, 4, 1}));
  CHECK(message["true_score"] == 100);
  CHECK(message["event"]["namespace"] == "default");
  CHECK(message["event"]["kind"] == "Local");
  CHECK(message["event"]["workload"] == "web");
  CHECK(message["event"]["outcome"] == "ready");
  CHECK(message["event"]["level"] == 3);
  CHECK(message["event"]["fingerprint"] == sha256("content").hex());
  CHECK(message["event"]["sent_at"] == "1970-02-11T16:00:00.000Z");
  CHECK(message["event"]["answered_at"] == "1970-02-11T16:00:00.500Z");
  CHECK(message["event"]["ended_at"] == "1970-02-11T16:00:09.500Z");
}

TEST_CASE("One that did not become ready scores 0, once") {
  for (const Action action : {Action::fail, Action::time_out}) {
    Decided web;
    web.decide(Action::send, 0s);
    web.decide(Action::answer, 0s);
    web.decide(action);
    web.decide(Action::ready);
    REQUIRE(web.messages.size() == 1);
    CHECK(web.messages[0]["true_score"] == 0);
    CHECK(web.messages[0]["event"]["outcome"] == "failed");
  }
}

TEST_CASE("Where readiness is not judged an applied update is a good one") {
  Decided web;
  web.workload.judged = false;
  web.decide(Action::send, 0s);
  web.decide(Action::answer, 1s);
  REQUIRE(web.messages.size() == 1);
  CHECK(web.messages[0]["true_score"] == 100);
  CHECK(web.messages[0]["features"] == nlohmann::json({1, 0.0, 1.0, 1, 0.0, 0, 0}));
}

TEST_CASE("One of unknown outcome scores 0") {
  Decided web;
  web.decide(Action::send, 0s);
  web.decide(Action::answer, 1s, Outcome::unknown);
  REQUIRE(web.messages.size() == 1);
  CHECK(web.messages[0]["true_score"] == 0);
  CHECK(web.messages[0]["event"]["outcome"] == "unknown");
  CHECK(web.messages[0]["event"]["detail"] == "detail");
}

TEST_CASE("Refused tries are counted, and are no outcome") {
  Decided web;
  web.workload.coalesced = 2;
  web.decide(Action::send, 3s);
  web.decide(Action::answer, 1s, Outcome::refused);
  CHECK(web.messages.empty());
  web.decide(Action::send);
  web.decide(Action::answer, 1s);
  web.decide(Action::ready);
  web.workload.coalesced = 7;
  web.decide(Action::send, 1s);
  web.decide(Action::answer, 1s);
  web.decide(Action::ready);
  REQUIRE(web.messages.size() == 2);
  CHECK(web.messages[0]["features"] == nlohmann::json({1, 3.0, 1.0, 2, 0.0, 2, 1}));
  CHECK(web.messages[1]["features"] == nlohmann::json({1, 1.0, 1.0, 1, 0.0, 5, 1}));
}

TEST_CASE("What was sent by an earlier process makes no message") {
  Decided web;
  web.decide(Action::ready);
  web.decide(Action::answer, 1s);
  CHECK(web.messages.empty());
}

TEST_CASE("An outcome is a message like any other") {
  Decided web;
  web.workload.key.name =
      "w\xc3\xa9"
      "b \"x\"";
  web.decide(Action::send, 0s);
  web.decide(Action::answer, 0s, Outcome::unknown);
  REQUIRE(web.lines.size() == 1);
  const auto parsed = parse_messages(web.lines[0], 65536);
  CHECK(std::holds_alternative<std::vector<Message>>(parsed));
}

}  // namespace
}  // namespace ebbgate::feedback
