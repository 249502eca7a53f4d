#include <vector>

#include <doctest/doctest.h>

#include "controller/kubernetes/retries.h"
#include "controller/kubernetes/server_url.h"
#include "tests/unit/kubernetes/client_support.h"

namespace ebbgate::kubernetes::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Answers with one status after the other, 0 for none at all; the last one for ever.
class Scripted final : public Connection {
 public:
  explicit Scripted(std::vector<int> statuses) : statuses_(std::move(statuses)) {}
  Response send(const Request& request) override {
    deadlines.push_back(request.deadline);
    const int status = statuses_[std::min(deadlines.size(), statuses_.size()) - 1];
    Response response;
    response.result = status == 0 ? Response::Result::broken : Response::Result::answered;
    response.status = status;
    response.retry_after = retry_after;
    return response;
  }
  Response stream(const Request& request, Duration, const Receive&) override {
    return send(request);
  }
  void interrupt() override {}

  std::vector<Duration> deadlines;
  std::optional<Duration> retry_after;

 private:
  std::vector<int> statuses_;
};

struct Waits {
  std::vector<Duration> waited;
  std::size_t stop_at = 1000;
  bool operator()(Duration duration) {
    waited.push_back(duration);
    return waited.size() < stop_at;
  }
};

Response run(Scripted& connection, Waits& waits, const RetryPolicy& policy = {}) {
  return send_with_retries(
      connection, get_request(), policy, [] { return 0.5; },
      [&](Duration duration) { return waits(duration); });
}

TEST_CASE("What may be another answer later is asked for again, with growing waits") {
  Scripted connection({500, 429, 0, 503, 200});
  Waits waits;
  CHECK(run(connection, waits).ok());
  CHECK(waits.waited == std::vector<Duration>{milliseconds(375), milliseconds(750),
                                              milliseconds(1500), milliseconds(3000)});
}

TEST_CASE("What was refused is not asked for again") {
  for (const int status : {200, 400, 401, 403, 404, 409, 410, 422}) {
    Scripted connection({status});
    Waits waits;
    CHECK(run(connection, waits).status == status);
    CHECK(waits.waited.empty());
  }
}

TEST_CASE("Retry-After counts where it is longer") {
  Scripted connection({429, 200});
  connection.retry_after = seconds(5);
  Waits waits;
  CHECK(run(connection, waits).ok());
  CHECK(waits.waited == std::vector<Duration>{seconds(5)});
}

TEST_CASE("Attempts end with the total time, and none gets more than what is left of it") {
  Scripted connection({503});
  Waits waits;
  RetryPolicy policy;
  policy.total = seconds(20);
  CHECK(run(connection, waits, policy).status == 503);
  CHECK(connection.deadlines.size() == 7);
  for (const Duration deadline : connection.deadlines) CHECK(deadline <= seconds(20));
}

TEST_CASE("A wait that is told to end ends the attempts") {
  Scripted connection({503});
  Waits waits;
  waits.stop_at = 2;
  CHECK(run(connection, waits).status == 503);
  CHECK(connection.deadlines.size() == 2);
}

TEST_CASE("The wait of a retry stays between half and all of its bound") {
  const RetryPolicy policy;
  CHECK(retry_delay(policy, 1, std::nullopt, 0.0) == milliseconds(250));
  CHECK(retry_delay(policy, 1, std::nullopt, 0.999) < milliseconds(500));
  CHECK(retry_delay(policy, 1000, std::nullopt, 0.0) == seconds(5));
}

TEST_CASE("A server's URL is taken apart") {
  const auto url = [](const std::string& text) {
    auto parsed = parse_server_url(text);
    return std::holds_alternative<ServerUrl>(parsed) ? std::get<ServerUrl>(parsed).text()
                                                     : "wrong: " + std::get<std::string>(parsed);
  };
  CHECK(url("https://api.test") == "https://api.test:443");
  CHECK(url("https://api.test:6443/") == "https://api.test:6443");
  CHECK(url("http://127.0.0.1:8080/k8s/one/") == "http://127.0.0.1:8080/k8s/one");
  CHECK(url("https://[::1]:6443") == "https://[::1]:6443");
  for (const std::string wrong :
       {"", "api.test", "https://", "https://api.test:0", "https://api.test:65536",
        "https://api.test:x", "https://[::1", "https://user@api.test", "https://api.test/?x=1",
        "https://api.test /", "ftp://api.test"}) {
    CAPTURE(wrong);
    CHECK(contains(url(wrong), "wrong: "));
  }
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
