#include <doctest/doctest.h>

#include "controller/kubernetes/update_exchange.h"
#include "tests/unit/kubernetes/provider_script.h"

// What one update's request is answered with, and what the listener hears of it.
namespace ebbgate::kubernetes::testing {
namespace {

const std::string kPath = "/apis/apps/v1/namespaces/default/deployments/web";

class Exchange : public ModelByHand {
 public:
  Exchange() : connector([this](const Request& request) { return ask(request); }) { list(); }

  /// What an update comes to; its request is answered by `patch`.
  Answer run(ScriptedConnector::Script answer) {
    patch = std::move(answer);
    return run();
  }
  Answer run() {
    const UpdateExchange exchange({model, listener, clock, [this] { return lease_left; }, 0s});
    const auto connection = connector.connect();
    Parser parser;
    const Attempt attempt{++counter, key, 1, counter};
    exchange.run(attempt, sha256(std::to_string(counter)), {*connection, parser});
    const auto answers = listener.answers();
    REQUIRE(answers.size() == counter);
    CHECK(answers.back().first == counter);
    return answers.back().second;
  }

  ScriptedConnector::Script patch = [this](const Request& request) {
    return server.patch(request.body);
  };
  ScriptedConnector::Script get = [this](const Request& /*request*/) { return server.get(); };
  ScriptedConnector connector;
  Duration lease_left = 1h;
  std::uint64_t counter = 0;

 private:
  Response ask(const Request& request) {
    return request.method == "GET" ? get(request) : patch(request);
  }
};

ScriptedConnector::Script say(const Response& response) {
  return [response](const Request& /*request*/) { return response; };
}

TEST_CASE("An update is one PATCH, and a 2xx makes it applied") {
  Exchange exchange;
  const Answer answer = exchange.run();
  CHECK(answer.outcome == Outcome::applied);
  const auto asked = exchange.connector.asked();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].request.method == "PATCH");
  CHECK(asked[0].request.path == kPath + "?fieldManager=ebbgate&timeout=10s");
  CHECK(asked[0].request.content_type == "application/json-patch+json");
  CHECK(exchange.server.landings.size() == 1);
  exchange.model.use([&](const ClusterModel& model) {
    CHECK(model.find(exchange.key)->hash == exchange.server.hash());
    CHECK(model.state_in_flight(exchange.key).empty());
  });
}

TEST_CASE("What could not be sent is refused, and nothing is read") {
  Exchange exchange;
  const Answer answer = exchange.run(say(not_sent()));
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.nothing_sent);
  CHECK(answer.cause == FailureCause::api_unreachable);
  CHECK(answer.detail == "connection refused");
  CHECK(exchange.connector.asked().size() == 1);
}

TEST_CASE("What could not be sent for want of means of our own is refused for that") {
  Exchange exchange;
  Response response = not_sent();
  response.own_resources = true;
  const Answer answer = exchange.run(say(response));
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.nothing_sent);
  CHECK(answer.cause == FailureCause::own_resources);
}

TEST_CASE("A 422 of a workload that somebody wrote to is decided anew") {
  Exchange exchange;
  const Answer answer = exchange.run([&](const Request& request) {
    exchange.server.annotate("ebbgate.io/state", "theirs");
    return exchange.server.patch(request.body);
  });
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.decide_anew);
  CHECK(answer.cause == FailureCause::api_conflict);
  CHECK_FALSE(answer.nothing_sent);
  CHECK(exchange.connector.asked("GET", kPath) == 1);
}

TEST_CASE("A 422 of a workload that is as it was seen is a refusal") {
  Exchange exchange;
  const Answer answer = exchange.run(say(status_answer(422)));
  CHECK(answer.outcome == Outcome::refused);
  CHECK_FALSE(answer.decide_anew);
  CHECK(answer.cause == FailureCause::api_invalid);
  CHECK(answer.detail == "answered 422");
}

TEST_CASE("A 422 whose workload cannot be read is a refusal") {
  Exchange exchange;
  exchange.get = say(answered(500));
  const Answer answer = exchange.run(say(status_answer(422)));
  CHECK(answer.outcome == Outcome::refused);
  CHECK_FALSE(answer.decide_anew);
}

TEST_CASE("A 422 after the same update had landed makes it applied") {
  Exchange exchange;
  const Answer answer = exchange.run([&](const Request& request) {
    exchange.server.patch(request.body);
    return exchange.server.patch(request.body);
  });
  CHECK(answer.outcome == Outcome::applied);
  CHECK(exchange.server.landings.size() == 1);
}

TEST_CASE("Any other 4xx with a Status is a refusal, and nothing is read") {
  for (const int status : {400, 403, 404, 409, 415}) {
    Exchange exchange;
    const Answer answer = exchange.run(say(status_answer(status)));
    CAPTURE(status);
    CHECK(answer.outcome == Outcome::refused);
    CHECK_FALSE(answer.nothing_sent);
    CHECK_FALSE(answer.decide_anew);
    CHECK_FALSE(answer.retry_after);
    const bool denied = status == 400 || status == 403;
    CHECK(answer.cause == (denied ? FailureCause::api_denied : FailureCause::api_invalid));
    CHECK(answer.detail == "answered " + std::to_string(status));
    CHECK(exchange.connector.asked().size() == 1);
  }
}

TEST_CASE("A 429 in plain text is a refusal, and hands on what the server wishes") {
  Exchange exchange;
  Response busy = answered(429, "Too many requests, please try again later.");
  busy.retry_after = 7s;
  const Answer answer = exchange.run(say(busy));
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.cause == FailureCause::api_throttled);
  CHECK(answer.retry_after == Duration(7s));
  CHECK(exchange.connector.asked().size() == 1);
}

// A 403 that is no Status may come from anybody on the way.
const std::vector<Response> kVague = {answered(500), status_answer(504), answered(403), broken()};

TEST_CASE("Where an answer tells nothing, an update that is read on the workload is applied") {
  for (const Response& vague : kVague) {
    CAPTURE(vague.status);
    Exchange exchange;
    const Answer answer = exchange.run([&](const Request& request) {
      exchange.server.patch(request.body);
      return vague;
    });
    CHECK(answer.outcome == Outcome::applied);
    CHECK(exchange.connector.asked("GET", kPath) == 1);
  }
}

TEST_CASE("An update that is not read on the workload may land still; what it runs with is known") {
  for (const Response& vague : kVague) {
    CAPTURE(vague.status);
    Exchange exchange;
    REQUIRE(exchange.run().outcome == Outcome::applied);
    const Answer answer = exchange.run(say(vague));
    CHECK(answer.outcome == Outcome::unknown);
    CHECK(answer.cause ==
          (vague.status == 0 ? FailureCause::api_broken : FailureCause::api_server_error));
    CHECK(exchange.listener.seen(exchange.key)->carried->applied == sha256("1"));
  }
}

TEST_CASE("While a workload cannot be read after an update, it is not known what it runs with") {
  for (const Response& vague : kVague) {
    CAPTURE(vague.status);
    Exchange exchange;
    REQUIRE(exchange.run().outcome == Outcome::applied);
    exchange.get = say(vague);
    CHECK(exchange.run(say(vague)).outcome == Outcome::unknown);
    CHECK_FALSE(exchange.listener.seen(exchange.key)->carried->applied);
  }
}

TEST_CASE("With less of the lease left than an update may take nothing is sent") {
  Exchange exchange;
  exchange.lease_left = 11s;
  const Answer answer = exchange.run();
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.nothing_sent);
  CHECK(answer.cause == FailureCause::lease_ending);
  CHECK_FALSE(answer.decide_anew);
  CHECK(exchange.connector.asked().empty());
}

TEST_CASE("For a workload that is gone nothing is sent, and for one that was overtaken neither") {
  Exchange gone;
  Parser parser;
  std::string text = gone.server.deployment().dump();
  const auto object = parser.workload(text, WorkloadKind::deployment).value();
  gone.model.use([&](ClusterModel& model) { model.workload_deleted(object); });
  const Answer answer = gone.run();
  CHECK(answer.nothing_sent);
  CHECK_FALSE(answer.decide_anew);
  CHECK(gone.connector.asked().empty());

  Exchange overtaken;
  REQUIRE(overtaken.run().outcome == Outcome::applied);
  auto state = *overtaken.server.state();
  state["counter"] = 5;
  overtaken.server.annotate("ebbgate.io/state", state.dump());
  overtaken.tell_workload(overtaken.server.deployment());
  const Answer late = overtaken.run();
  CHECK(late.nothing_sent);
  CHECK(late.decide_anew);
  CHECK(overtaken.connector.asked().size() == 1);
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
