#include <string>

#include <doctest/doctest.h>

#include "controller/kubernetes/retries.h"
#include "controller/kubernetes/server_url.h"
#include "tests/unit/kubernetes/client_support.h"

namespace ebbgate::kubernetes::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Response answered(int status) {
  Response response;
  response.result = Response::Result::answered;
  response.status = status;
  return response;
}

TEST_CASE("What may be another answer later is worth asking for again, what was refused is not") {
  for (const int status : {408, 429, 500, 502, 503, 504}) CHECK(worth_retrying(answered(status)));
  for (const int status : {200, 400, 401, 403, 404, 409, 410, 422}) {
    CHECK_FALSE(worth_retrying(answered(status)));
  }
  CHECK(worth_retrying(Response{}));
}

TEST_CASE("Waits double up to the longest, and Retry-After counts where it is longer") {
  const auto wait = [](int failures, std::optional<Duration> retry_after) {
    return retry_delay({milliseconds(500), seconds(10)}, failures, retry_after, 0.5);
  };
  CHECK(wait(1, std::nullopt) == milliseconds(375));
  CHECK(wait(2, std::nullopt) == milliseconds(750));
  CHECK(wait(9, std::nullopt) == milliseconds(7500));
  CHECK(wait(1, seconds(5)) == seconds(5));
  CHECK(wait(9, seconds(5)) == milliseconds(7500));
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
