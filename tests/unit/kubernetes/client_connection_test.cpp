// Long because each way in which a connection or an answer can fail is tried in one place.
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "tests/unit/kubernetes/client_support.h"

namespace ebbgate::kubernetes::testing {
namespace {

using Result = Response::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Observed final : public RequestObserver {
 public:
  void requested(const std::string& verb, const std::string& resource, int code,
                 Duration) override {
    MutexLock lock(mutex_);
    lines_.push_back(verb + " " + resource + " " + std::to_string(code));
  }
  std::vector<std::string> lines() {
    MutexLock lock(mutex_);
    return lines_;
  }

 private:
  Mutex mutex_;
  std::vector<std::string> lines_ EBBGATE_GUARDED_BY(mutex_);
};

TEST_CASE("A request carries who asks, and its answer comes back whole") {
  std::promise<Asked> asked;
  FakeServer server([&](Peer& peer, int) {
    asked.set_value(*peer.read());
    peer.answer(200, R"({"kind":"Deployment"})");
  });
  auto target = plain_target(server.port(), {"secret-token"});
  target.server.prefix = "/clusters/one";
  Observed observed;
  HttpConnector connector(target, &observed);
  const Response response = connector.connect()->send(patch_request());
  CHECK(response.result == Result::answered);
  CHECK(response.status == 200);
  CHECK(response.ok());
  CHECK(response.body == R"({"kind":"Deployment"})");
  CHECK(response.error == "");
  Asked got = asked.get_future().get();
  CHECK(got.line == "PATCH /clusters/one/apis/apps/v1/namespaces/default/deployments/web");
  CHECK(got.headers["authorization"] == "Bearer secret-token");
  CHECK(got.headers["user-agent"].rfind("ebbgate/", 0) == 0);
  CHECK(got.headers["content-type"] == "application/json-patch+json");
  CHECK(got.headers["host"] == "127.0.0.1:" + std::to_string(server.port()));
  CHECK(got.body == patch_request().body);
  CHECK(observed.lines() == std::vector<std::string>{"patch deployments 200"});
}

TEST_CASE("Requests follow each other on one connection") {
  FakeServer server([](Peer& peer, int) {
    while (peer.read()) peer.answer(200, "{}");
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const auto connection = connector.connect();
  for (int i = 0; i < 20; ++i) REQUIRE(connection->send(get_request()).ok());
  CHECK(server.connections() == 1);
}

TEST_CASE("A kept-alive connection that the server closed is replaced before anything is sent") {
  std::promise<void> closed;
  FakeServer server([&](Peer& peer, int number) {
    peer.read();
    peer.answer(200, "{}");
    if (number > 1) return;
    peer.close();
    closed.set_value();
    CHECK_FALSE(peer.read().has_value());
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const auto connection = connector.connect();
  REQUIRE(connection->send(patch_request()).ok());
  closed.get_future().wait();
  CHECK(connection->send(patch_request()).ok());
  CHECK(server.connections() == 2);
}

TEST_CASE("A connection that was closed with its answer is not used again") {
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    peer.answer(200, "{}", "Connection: close\r\n");
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const auto connection = connector.connect();
  for (int i = 1; i <= 5; ++i) REQUIRE(connection->send(patch_request()).ok());
  CHECK(server.connections() == 5);
}

TEST_CASE("Where nobody listens nothing was sent") {
  const DeafPort port;
  HttpConnector connector(plain_target(port.port()), nullptr);
  const Response response = connector.connect()->send(patch_request());
  CHECK(response.result == Result::not_sent);
  CHECK(response.status == 0);
  CHECK(contains(response.error, "cannot patch deployments at http://127.0.0.1:"));
  CHECK(contains(response.error, "(the test)"));
  CHECK(contains(response.error, "connection refused"));
}

TEST_CASE("A host that has no address is said, and nothing was sent") {
  auto target = plain_target(1);
  target.server.host = "no-such-host.invalid";
  HttpConnector connector(target, nullptr);
  Request request = patch_request();
  const Response response = connector.connect()->send(request);
  CHECK(response.result == Result::not_sent);
  CHECK(contains(response.error, "cannot look up no-such-host.invalid"));
}

TEST_CASE("Without credentials nothing is sent") {
  FakeServer server([](Peer& peer, int) { peer.read(); });
  HttpConnector connector(plain_target(server.port(), {}), nullptr);
  const Response response = connector.connect()->send(get_request());
  CHECK(response.result == Result::not_sent);
  CHECK(contains(response.error, "no token is left"));
  CHECK(server.connections() == 0);
}

TEST_CASE("A request whose answer does not come is broken, and not sent again") {
  std::atomic<int> requests = 0;
  FakeServer server([&](Peer& peer, int) {
    if (peer.read()) ++requests;
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const Response response = connector.connect()->send(patch_request());
  CHECK(response.result == Result::broken);
  CHECK(contains(response.error, "broke off after sending"));
  CHECK(contains(response.error, "closed the connection"));
  CHECK(requests == 1);
}

TEST_CASE("A request is broken also where only a part of it was read") {
  FakeServer server([&](Peer& peer, int) { peer.read_bytes(1); });
  HttpConnector connector(plain_target(server.port()), nullptr);
  CHECK(connector.connect()->send(patch_request()).result == Result::broken);
  CHECK(server.connections() == 1);
}

TEST_CASE("An answer whose body is cut short is broken") {
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"kind\":");
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  CHECK(connector.connect()->send(get_request()).result == Result::broken);
}

TEST_CASE("What is not HTTP is broken and says so") {
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    peer.write("SSH-2.0-OpenSSH_9.2\r\n");
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const Response response = connector.connect()->send(get_request());
  CHECK(response.result == Result::broken);
  CHECK(contains(response.error, "not HTTP"));
}

TEST_CASE("The deadline bounds the whole request, however the bytes drip") {
  bool in_body = false;
  SUBCASE("in the head") {}
  SUBCASE("in the body") {
    in_body = true;
  }
  std::promise<void> over;
  auto is_over = over.get_future().share();
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    if (in_body) peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (is_over.wait_for(milliseconds(5)) == std::future_status::timeout) {
      if (!peer.write("X")) return;
    }
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  Request request = get_request();
  request.deadline = milliseconds(200);
  const BootTime begin = BootClock::now();
  const Response response = connector.connect()->send(request);
  over.set_value();
  CHECK(response.result == Result::broken);
  CHECK(contains(response.error, "longer than its deadline"));
  CHECK(BootClock::now() - begin >= milliseconds(200));
}

TEST_CASE("Interim answers are passed over, and are no answer alone") {
  bool answered = false;
  SUBCASE("with an answer behind them") {
    answered = true;
  }
  SUBCASE("without") {}
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    peer.write("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    if (answered) peer.answer(200, "{}");
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const Response response = connector.connect()->send(patch_request());
  CHECK(response.result == (answered ? Result::answered : Result::broken));
  CHECK(response.body == (answered ? "{}" : ""));
}

TEST_CASE("An answer that does not end is broken off long before memory is full") {
  std::string start;
  SUBCASE("in its head") {
    start = "HTTP/1.1 200 OK\r\n";
  }
  SUBCASE("in interim answers") {
    start = "HTTP/1.1 103 Early Hints\r\n";
  }
  SUBCASE("in its body") {
    start = "HTTP/1.1 200 OK\r\n\r\n";
  }
  FakeServer server([&](Peer& peer, int) {
    std::string block;
    while (block.size() < 65536) block += "X-More: of the same\r\n";
    peer.read();
    bool there = peer.write(start);
    while (there) there = peer.write(block);
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const Response response = connector.connect()->send(get_request());
  CHECK(response.result == Result::broken);
  CHECK(contains(response.error, "the answer is longer than may be"));
}

TEST_CASE("Of an error whose text does not end the beginning is enough") {
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    bool there = peer.write("HTTP/1.1 403 Forbidden\r\n\r\n");
    while (there) there = peer.write(std::string(65536, 'x'));
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const Response response = connector.connect()->send(get_request());
  CHECK(response.result == Result::answered);
  CHECK(response.status == 403);
  CHECK_FALSE(response.has_status_body);
}

TEST_CASE("A new credential is tried once when one is not accepted") {
  FakeServer server([&](Peer& peer, int) {
    while (auto asked = peer.read()) {
      const bool good = asked->headers["authorization"] == "Bearer new";
      peer.answer(good ? 200 : 401, good ? "{}" : status_body(401, "Unauthorized", "Unauthorized"));
    }
  });
  SUBCASE("and serves") {
    auto target = plain_target(server.port(), {"old", "new"});
    Observed observed;
    HttpConnector connector(target, &observed);
    CHECK(connector.connect()->send(patch_request()).ok());
    CHECK(observed.lines() ==
          std::vector<std::string>{"patch deployments 401", "patch deployments 200"});
  }
  SUBCASE("and is not accepted either") {
    const auto target = plain_target(server.port(), {"old", "older", "new"});
    HttpConnector connector(target, nullptr);
    const Response response = connector.connect()->send(patch_request());
    CHECK(response.status == 401);
    CHECK(response.has_status_body);
    CHECK(contains(response.error, "credentials"));
    CHECK_FALSE(contains(response.error, "old"));
    CHECK(static_cast<ListedTokens&>(*target.credentials).rejections == 1);
  }
  SUBCASE("and where there is none its reason is told") {
    HttpConnector connector(plain_target(server.port(), {"old"}), nullptr);
    const Response response = connector.connect()->send(patch_request());
    CHECK(response.status == 401);
    CHECK(contains(response.error, "no token is left"));
  }
}

TEST_CASE("A refusal for want of rights names verb and resource and what to do") {
  const std::string message =
      R"(secrets is forbidden: User \"eve\" cannot list resource \"secrets\" in API group \"\")";
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    peer.answer(403, status_body(403, "Forbidden", message));
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const Response response = connector.connect()->send(get_request());
  CHECK(response.result == Result::answered);
  CHECK(response.status == 403);
  CHECK(response.has_status_body);
  CHECK(contains(response.error, R"(User "eve" cannot list resource "secrets")"));
  CHECK(contains(response.error, "grant the verb list on secrets"));
  CHECK_FALSE(contains(response.error, "\n"));
}

TEST_CASE("A long message that repeats the token is masked before it is cut") {
  const std::string token = "QWERTZUIOPASDFGHJKLYXCVBNM";
  std::string message = "no ";
  while (message.size() < 10000) message += std::string(15, '-') + token;
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    peer.answer(403, status_body(403, "Forbidden", message));
  });
  HttpConnector connector(plain_target(server.port(), {token}), nullptr);
  const Response response = connector.connect()->send(get_request());
  CHECK(contains(response.error, "no ---------------********"));
  for (std::size_t at = 0; at + 4 <= token.size(); ++at) {
    CHECK_FALSE(contains(response.error, token.substr(at, 4)));
  }
}

TEST_CASE("An answer of something in between is told from one of the API server") {
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    peer.answer(404, "<html>who knows</html>");
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const Response response = connector.connect()->send(patch_request());
  CHECK(response.status == 404);
  CHECK_FALSE(response.has_status_body);
  CHECK(contains(response.error, "not by the API server itself"));
  CHECK_FALSE(contains(response.error, "html"));
}

TEST_CASE("Retry-After is handed on") {
  FakeServer server([&](Peer& peer, int number) {
    peer.read();
    if (number == 1) peer.answer(429, "slow down", "Retry-After: 7\r\nConnection: close\r\n");
    if (number == 2) {
      peer.answer(
          500,
          R"({"kind":"Status","apiVersion":"v1","code":500,"details":{"retryAfterSeconds":3}})");
    }
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const auto connection = connector.connect();
  CHECK(connection->send(get_request()).retry_after == std::optional<Duration>(seconds(7)));
  CHECK(connection->send(get_request()).retry_after == std::optional<Duration>(seconds(3)));
}

TEST_CASE("A stream hands on each piece as it comes") {
  std::promise<void> got_first;
  std::promise<void> got_second;
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    peer.begin_chunks();
    peer.chunk("first\n");
    got_first.get_future().wait();
    peer.chunk("second\n");
    got_second.get_future().wait();
    peer.write("0\r\n\r\n");
    peer.wait_for_close();
  });
  Observed observed;
  HttpConnector connector(plain_target(server.port()), &observed);
  const auto connection = connector.connect();
  std::string body;
  const Response response =
      connection->stream(get_request(), seconds(60), [&](std::string_view piece) {
        body += piece;
        if (body == "first\n") {
          CHECK(observed.lines() == std::vector<std::string>{"list secrets 200"});
          got_first.set_value();
        }
        if (body == "first\nsecond\n") got_second.set_value();
        return true;
      });
  CHECK(response.ok());
  CHECK(response.body == "");
  CHECK(body == "first\nsecond\n");
  CHECK(observed.lines() == std::vector<std::string>{"list secrets 200"});
}

TEST_CASE("A stream goes on past its deadline while something comes, and breaks off in silence") {
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    peer.begin_chunks();
    peer.chunk("something\n");
    peer.wait_for_close();
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  Request request = get_request();
  request.deadline = seconds(60);
  std::string body;
  const BootTime begin = BootClock::now();
  const Response response =
      connector.connect()->stream(request, milliseconds(150), [&](std::string_view piece) {
        body += piece;
        return true;
      });
  CHECK(response.result == Result::broken);
  CHECK(contains(response.error, "nothing came for 150ms"));
  CHECK(body == "something\n");
  CHECK(BootClock::now() - begin >= milliseconds(150));
}

TEST_CASE("A stream ends as answered when its receiver has enough") {
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    peer.begin_chunks();
    peer.chunk("enough\n");
    peer.wait_for_close();
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const Response response = connector.connect()->stream(get_request(), seconds(60),
                                                        [&](std::string_view) { return false; });
  CHECK(response.ok());
}

TEST_CASE("A stream that is refused has its error's text and hands nothing on") {
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    peer.answer(410, status_body(410, "Expired", "too old resource version"));
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const Response response =
      connector.connect()->stream(get_request(), seconds(60), [&](std::string_view) {
        FAIL_CHECK("called");
        return true;
      });
  CHECK(response.status == 410);
  CHECK(contains(response.error, "too old resource version"));
}

TEST_CASE("An interruption ends what is under way, and all that follows") {
  std::promise<void> streaming;
  FakeServer server([&](Peer& peer, int) {
    peer.read();
    peer.begin_chunks();
    peer.chunk("x");
    peer.wait_for_close();
  });
  HttpConnector connector(plain_target(server.port()), nullptr);
  const auto connection = connector.connect();
  std::thread interrupter([&] {
    streaming.get_future().wait();
    connection->interrupt();
  });
  const Response response = connection->stream(get_request(), seconds(300), [&](std::string_view) {
    streaming.set_value();
    return true;
  });
  interrupter.join();
  CHECK(response.result == Result::broken);
  CHECK(contains(response.error, "interrupted"));
  CHECK(connection->send(get_request()).result == Result::not_sent);
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
