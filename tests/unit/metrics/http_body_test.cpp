#include <future>
#include <vector>

#include <doctest/doctest.h>

#include "metrics/http_server.h"
#include "tests/unit/metrics/raw_client.h"

namespace ebbgate::metrics {

namespace {

using namespace std::chrono_literals;
using test::body_of;
using test::fetch;
using test::header_of;
using test::RawClient;
using test::status_of;

// Longer than any test may take: the limits that a test is not about.
constexpr std::chrono::milliseconds kLong = 10min;

ServerLimits without_deadlines() {
  ServerLimits limits;
  limits.head_time = kLong;
  limits.body_time = kLong;
  limits.total_time = kLong;
  limits.patience = kLong;
  return limits;
}

Reply echo(const Request& request) {
  return {200, "text/plain", request.method + " " + request.body, {}};
}

std::unique_ptr<HttpServer> serving(ServerLimits limits = without_deadlines(),
                                    Handler handler = echo) {
  auto result = Listener::tcp("127.0.0.1:0");
  REQUIRE_MESSAGE(result.listener, result.error);
  return std::make_unique<HttpServer>(std::move(result.listener), std::move(handler), limits);
}

std::string head(std::size_t size, const std::string& more = "") {
  return "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(size) + "\r\n" +
         more + "\r\n";
}

// Bytes that would show a wrong order.
std::string pattern(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t index = 0; index < size; ++index) {
    text[index] = static_cast<char>('a' + index % 23);
  }
  return text;
}

}  // namespace

TEST_CASE("the handler sees a body as it was sent, whatever is in it") {
  const auto server = serving();
  using namespace std::string_literals;
  for (const std::string& body : {""s, "{}"s, "\0\r\n\r\n\xFF"s, "GET / HTTP/1.1\r\n\r\n"s}) {
    CAPTURE(body);
    RawClient client(server->port());
    client.send(head(body.size()) + body);
    const std::string reply = client.read_all();
    CHECK(status_of(reply) == 200);
    CHECK(body_of(reply) == "POST " + body);
  }
}

TEST_CASE("a body that comes byte by byte, and a head with it, is put together") {
  const auto server = serving();
  RawClient client(server->port());
  for (const char c : head(5) + "hello") REQUIRE(client.send(std::string_view(&c, 1)));
  CHECK(body_of(client.read_all()) == "POST hello");
}

TEST_CASE("a body of the largest size arrives whole, and what comes behind it is left alone") {
  const auto server = serving();
  const std::string body = pattern(std::size_t{1024} * 1024);
  RawClient client(server->port());
  client.send(head(body.size()) + body + "GET /more HTTP/1.1\r\n\r\n");
  CHECK(body_of(client.read_all()) == "POST " + body);
}

TEST_CASE("a client that waits for a word before it sends its body gets one") {
  const auto server = serving();
  RawClient client(server->port());
  client.send(head(5, "Expect: 100-continue\r\n"));
  const std::string word = "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(client.read(word.size()) == word);
  client.send("hello");
  CHECK(body_of(client.read_all()) == "POST hello");
}

TEST_CASE("a client whose body is there already, or is none, gets no word before the reply") {
  const auto server = serving();
  for (const std::string body : {"hello", ""}) {
    RawClient client(server->port());
    client.send(head(body.size(), "Expect: 100-continue\r\n") + body);
    CHECK(status_of(client.read_all()) == 200);
  }
}

TEST_CASE("a client that waits for a word and must not send its body is refused at once") {
  const auto server = serving();
  RawClient client(server->port());
  client.send(head(1048577, "Expect: 100-continue\r\n"));
  CHECK(status_of(client.read_all()) == 413);
}

TEST_CASE("a client that is slow with its body is told so and closed") {
  ServerLimits limits = without_deadlines();
  limits.body_time = 50ms;
  const auto server = serving(limits);
  RawClient client(server->port());
  client.send(head(5) + "hell");
  CHECK(status_of(client.read_all()) == 408);
  // Which says nothing of heads: this one has not ended when that one's time was over.
  RawClient other(server->port());
  other.send("GET / HTTP/1.1\r\nHost: localhost\r\n");
  RawClient slow(server->port());
  slow.send(head(1));
  CHECK(status_of(slow.read_all()) == 408);
  other.send("\r\n");
  CHECK(status_of(other.read_all()) == 200);
}

TEST_CASE("a client that goes away within its body is closed, and nothing is handled") {
  bool handled = false;
  const auto server = serving(without_deadlines(), [&](const Request& request) {
    handled = true;
    return echo(request);
  });
  RawClient client(server->port());
  client.send(head(5) + "hell");
  client.half_close();
  CHECK(client.read_all().empty());
  CHECK_FALSE(handled);
}

TEST_CASE("two hundred clients that hang within their bodies do not keep a good one waiting") {
  const auto server = serving();
  std::vector<RawClient> hanging;
  for (int count = 0; count < 200; ++count) {
    hanging.emplace_back(server->port());
    hanging.back().send(head(1048576) + "x");
  }
  RawClient client(server->port());
  client.send(head(5) + "hello");
  CHECK(body_of(client.read_all()) == "POST hello");
}

TEST_CASE("bodies that are together too large are refused until there is room again") {
  ServerLimits limits = without_deadlines();
  limits.bodies_bytes = 30'000;
  const auto server = serving(limits);
  std::vector<RawClient> hanging;
  for (int count = 0; count < 2; ++count) {
    hanging.emplace_back(server->port());
    hanging.back().send(head(15'000) + pattern(14'000));
    hanging.back().wait_until_arrived();
  }
  // Whatever had arrived by then is received before this is answered; and it has no body.
  CHECK(status_of(fetch(server->port(), "/")) == 200);
  const auto try_body = [&](std::size_t size) {
    RawClient client(server->port());
    client.send(head(size) + pattern(size));
    return client.read_all();
  };
  const std::string reply = try_body(3'000);
  CHECK(status_of(reply) == 503);
  CHECK(header_of(reply, "Retry-After") == "1");
  CHECK(status_of(try_body(1'000)) == 200);
  // One of them is answered and gives back its bytes.
  hanging[0].send(pattern(1'000));
  CHECK(status_of(hanging[0].read_all()) == 200);
  CHECK(status_of(try_body(3'000)) == 200);
  // And one goes away.
  hanging[1].half_close();
  CHECK(hanging[1].read_all().empty());
  CHECK(status_of(try_body(30'000)) == 200);
}

TEST_CASE("bodies count while they are handled and while they wait for it") {
  ServerLimits limits = without_deadlines();
  limits.bodies_bytes = 1000;
  limits.threads = 1;
  std::promise<void> release;
  std::promise<void> begun;
  std::atomic<bool> first = true;
  const auto released = release.get_future().share();
  const auto server = serving(limits, [&](const Request& request) {
    if (first.exchange(false)) begun.set_value();
    released.wait();
    return echo(request);
  });
  RawClient handled(server->port());
  handled.send(head(600) + pattern(600));
  begun.get_future().wait();
  RawClient waiting(server->port());
  waiting.send(head(300, "Expect: 100-continue\r\n"));
  waiting.read(25);
  waiting.send(pattern(300));
  RawClient refused(server->port());
  refused.send(head(500) + pattern(500));
  CHECK(status_of(refused.read_all()) == 503);
  release.set_value();
  CHECK(status_of(handled.read_all()) == 200);
  CHECK(status_of(waiting.read_all()) == 200);
}

TEST_CASE("what a web page sends is refused before anybody handles it, and what it reads is not") {
  bool handled = false;
  const auto server = serving(without_deadlines(), [&](const Request& request) {
    handled = handled || request.method != "GET";
    return echo(request);
  });
  const std::string origin = "Origin: http://" + server->address() + "\r\n";
  RawClient client(server->port());
  client.send(head(2, origin) + "{}");
  CHECK(status_of(client.read_all()) == 403);
  CHECK(status_of(fetch(server->port(), "/", "PUT", "origin: null\r\n")) == 403);
  CHECK_FALSE(handled);
  CHECK(status_of(fetch(server->port(), "/", "GET", origin)) == 200);
}

}  // namespace ebbgate::metrics
