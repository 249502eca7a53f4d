// Long because every limit that the server sets to its clients is tried in one place.
#include "metrics/http_server.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <filesystem>
#include <future>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/metrics/raw_client.h"

namespace ebbgate::metrics {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::body_of;
using test::fetch;
using test::header_of;
using test::RawClient;
using test::status_of;

constexpr const char* kGood = "GET /good HTTP/1.1\r\nHost: localhost\r\n\r\n";
// Longer than any test may take: the limits that a test is not about.
constexpr std::chrono::milliseconds kNever = 10min;

ServerLimits patient() {
  ServerLimits limits;
  limits.head_time = kNever;
  limits.body_time = kNever;
  limits.total_time = kNever;
  limits.patience = kNever;
  return limits;
}

Reply good(const Request&) {
  return {200, "text/plain", "good\n", {}};
}

std::unique_ptr<HttpServer> serve(ServerLimits limits = {}, Handler handler = good) {
  auto result = Listener::tcp("127.0.0.1:0");
  REQUIRE_MESSAGE(result.listener, result.error);
  return std::make_unique<HttpServer>(std::move(result.listener), std::move(handler), limits);
}

int open_descriptors() {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                        std::filesystem::directory_iterator()));
}

}  // namespace

TEST_CASE("a request is answered, and the connection closed") {
  const auto server = serve();
  const std::string reply = fetch(server->port(), "/good");
  CHECK(status_of(reply) == 200);
  CHECK(body_of(reply) == "good\n");
  CHECK(header_of(reply, "Content-Length") == "5");
  CHECK(header_of(reply, "Connection") == "close");
}

TEST_CASE("HEAD has the headers of GET and no body") {
  const auto server = serve();
  const std::string reply = fetch(server->port(), "/good", "HEAD");
  CHECK(status_of(reply) == 200);
  CHECK(header_of(reply, "Content-Length") == "5");
  CHECK(body_of(reply).empty());
}

TEST_CASE("the handler sees path, parameters and If-None-Match as they were sent") {
  const auto server = serve({}, [](const Request& request) {
    CHECK(request.method == "GET");
    CHECK(request.path == "/a%2Fb/c");
    CHECK(request.parameters ==
          std::map<std::string, std::string>{{"x", "1 2"}, {"y", "a/b"}, {"z", ""}});
    CHECK(request.if_none_match == "\"tag\"");
    return Reply{204, "", "", {{"X-Seen", "yes"}}};
  });
  const std::string reply =
      fetch(server->port(), "/a%2Fb/c?x=1%202&y=a%2Fb&z=", "GET", "if-none-match: \"tag\"\r\n");
  CHECK(status_of(reply) == 204);
  CHECK(header_of(reply, "X-Seen") == "yes");
}

TEST_CASE("a request that comes byte by byte is answered") {
  const auto server = serve(patient());
  RawClient client(server->port());
  for (const char c : std::string_view(kGood)) REQUIRE(client.send(std::string_view(&c, 1)));
  CHECK(status_of(client.read_all()) == 200);
}

TEST_CASE("a client that half-closes after its request gets its reply") {
  const auto server = serve();
  RawClient client(server->port());
  client.send(kGood);
  client.half_close();
  CHECK(status_of(client.read_all()) == 200);
}

TEST_CASE("a client that goes away before its request ended is closed") {
  const auto server = serve(patient());
  RawClient client(server->port());
  client.send("GET /go");
  client.half_close();
  CHECK(client.read_all().empty());
}

TEST_CASE("a client that is slow with its request is told so and closed") {
  ServerLimits limits = patient();
  limits.head_time = 50ms;
  const auto server = serve(limits);
  RawClient client(server->port());
  client.send("GET /good HTTP/1.1\r\nHost: ");
  CHECK(status_of(client.read_all()) == 408);
}

TEST_CASE("a client that keeps sending its request a little at a time is closed all the same") {
  ServerLimits limits = patient();
  limits.head_time = 50ms;
  limits.linger_time = 50ms;
  const auto server = serve(limits);
  RawClient client(server->port());
  client.send("GET /good HTTP/1.1\r\n");
  const auto limit = steady_clock::now() + 30s;
  while (client.send("X-Slow: 1\r\n") && steady_clock::now() < limit) std::this_thread::yield();
  CHECK(steady_clock::now() < limit);
}

TEST_CASE("two hundred idle connections do not keep a good one waiting") {
  const auto server = serve(patient());
  std::vector<RawClient> idle;
  for (int count = 0; count < 200; ++count) {
    idle.emplace_back(server->port());
    if (count % 2 == 0) idle.back().send("GET / HTTP/1.1\r\n");
  }
  CHECK(status_of(fetch(server->port(), "/good")) == 200);
}

TEST_CASE("beyond the limit of connections the one that waited longest makes room") {
  ServerLimits limits = patient();
  limits.connections = 3;
  const auto server = serve(limits);
  RawClient first(server->port());
  first.send("GET /");
  std::vector<RawClient> others;
  for (int count = 0; count < 3; ++count) others.emplace_back(server->port());
  CHECK(first.read_all().empty());
  CHECK(status_of(fetch(server->port(), "/good")) == 200);
}

TEST_CASE("garbage is answered with 400, whatever it is") {
  const auto server = serve();
  using namespace std::string_view_literals;
  for (const std::string_view garbage :
       {"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"sv, "\r\n\r\n"sv, "GET\r\n\r\n"sv,
        "GET / HTTP/9.9\r\n\r\n"sv, "FROB / HTTP/1.1\r\n\r\n"sv, "GET / HTTP/1.1\n\n"sv,
        "GET /\0 HTTP/1.1\r\n\r\n"sv, " \r\n \r\n\r\n"sv}) {
    CAPTURE(garbage);
    RawClient client(server->port());
    client.send(garbage);
    CHECK(status_of(client.read_all()) == 400);
  }
  CHECK(status_of(fetch(server->port(), "/good")) == 200);
}

TEST_CASE("a request head that is too large is refused, and the refusal arrives") {
  const auto server = serve();
  RawClient client(server->port());
  client.send("GET / HTTP/1.1\r\nX-Large: " + std::string(100'000, 'x'));
  CHECK(status_of(client.read_all()) == 431);
}

TEST_CASE("clients that are refused and go on sending harm nobody, however many they are") {
  ServerLimits limits = patient();
  limits.connections = 16;
  limits.linger_time = kNever;
  const auto server = serve(limits);
  // Each sends more than is read at a time. Those who are refused thus push out others whose bytes
  // are there to be read, and as more of them come than may linger, some of them are pushed out in
  // the turn that refused them.
  const std::string refused = "POST / HTTP/1.1\r\nOrigin: x\r\n\r\n" + std::string(500'000, 'x');
  std::vector<RawClient> clients;
  for (int count = 0; count < 520; ++count) {
    clients.emplace_back(server->port());
    clients.back().send(refused);
  }
  CHECK(status_of(fetch(server->port(), "/good")) == 200);
}

TEST_CASE("requests to another host are refused, and told what to set") {
  auto result = Listener::tcp("127.0.0.1:0");
  REQUIRE(result.listener);
  HttpServer server(std::move(result.listener), good, {},
                    std::make_shared<const HostNames>(std::vector<std::string>{"box"}));
  const auto ask = [&](const std::string& host) {
    RawClient client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return client.read_all();
  };
  CHECK(status_of(ask("box:9911")) == 200);
  const std::string refused = ask("evil.example");
  CHECK(status_of(refused) == 403);
  CHECK(body_of(refused).find("listen_hosts") != std::string::npos);
  server.answer_to(std::make_shared<const HostNames>(std::vector<std::string>{"evil.example"}));
  CHECK(status_of(ask("evil.example")) == 200);
  CHECK(status_of(ask("box")) == 403);
}

TEST_CASE("every answer has the headers that protect who looks, each once") {
  const auto server = serve({}, [](const Request& request) {
    if (request.path == "/throws") throw std::runtime_error("a secret");
    if (request.path == "/own") return Reply{200, "", "", {{"Content-Security-Policy", "own"}}};
    return good(request);
  });
  const auto occurrences = [](const std::string& text, const std::string& part) {
    int count = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; ++at) ++count;
    return count;
  };
  const auto check = [&](const std::string& reply, int status, const std::string& policy) {
    CAPTURE(reply);
    CHECK(status_of(reply) == status);
    CHECK(header_of(reply, "X-Content-Type-Options") == "nosniff");
    CHECK(header_of(reply, "Referrer-Policy") == "no-referrer");
    CHECK(header_of(reply, "Content-Security-Policy") == policy);
    CHECK(occurrences(reply, "Content-Security-Policy:") == 1);
  };
  const std::string policy = "default-src 'none'; frame-ancestors 'none'";
  check(fetch(server->port(), "/good"), 200, policy);
  check(fetch(server->port(), "/own"), 200, "own");
  check(fetch(server->port(), "/throws"), 500, policy);
  check(fetch(server->port(), "/", "FROB"), 400, policy);                           // the library's
  check(fetch(server->port(), "/", "POST", "Origin: x\r\n"), 403, policy);          // the head's
  check(fetch(server->port(), "/", "GET", std::string(20'000, 'x')), 431, policy);  // the server's
}

TEST_CASE("a URL that is too long is refused") {
  const auto server = serve();
  const std::string reply = fetch(server->port(), "/" + std::string(10'000, 'x'));
  CHECK(status_of(reply) == 414);
  CHECK(body_of(reply) == "{\"error\":\"the URL is too long\"}\n");
}

TEST_CASE("a body that is too large is refused before it came, and the refusal arrives") {
  const auto server = serve();
  RawClient client(server->port());
  client.send("POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n" + std::string(500'000, 'x'));
  CHECK(status_of(client.read_all()) == 413);
  CHECK(status_of(fetch(server->port(), "/", "POST",
                        "Content-Length: 99999999999999999999999\r\n")) == 413);
  CHECK(status_of(fetch(server->port(), "/", "POST", "Content-Length: -1\r\n")) == 400);
  CHECK(status_of(fetch(server->port(), "/", "POST", "Transfer-Encoding: chunked\r\n")) == 411);
}

TEST_CASE("ranges and compressions are not offered, so that no request costs more than its reply") {
  const auto server = serve({}, [](const Request&) {
    return Reply{200, "text/plain", std::string(100'000, 'x'), {}};
  });
  std::string ranges = "bytes=0-";
  for (int count = 0; count < 1000; ++count) ranges += ",0-";
  const std::string reply =
      fetch(server->port(), "/", "GET", "Range: " + ranges + "\r\nAccept-Encoding: br, gzip\r\n");
  CHECK(status_of(reply) == 200);
  CHECK(header_of(reply, "Content-Encoding").empty());
  CHECK(body_of(reply).size() == 100'000);
}

TEST_CASE("a handler that throws becomes 500 and says nothing of why") {
  const auto server =
      serve({}, [](const Request&) -> Reply { throw std::runtime_error("a secret"); });
  const std::string reply = fetch(server->port(), "/");
  CHECK(status_of(reply) == 500);
  CHECK(reply.find("secret") == std::string::npos);
}

TEST_CASE("a reply larger than all buffers arrives whole at a client that reads") {
  const std::string large(20'000'000, 'x');
  const auto server = serve(patient(), [&](const Request&) {
    return Reply{200, "text/plain", large, {}};
  });
  CHECK(body_of(fetch(server->port(), "/")) == large);
}

TEST_CASE("a client that does not read its reply is cut off at the deadline") {
  ServerLimits limits = patient();
  limits.total_time = 100ms;
  limits.linger_time = 100ms;
  const std::string large(20'000'000, 'x');
  const auto server = serve(limits, [&](const Request&) {
    return Reply{200, "text/plain", large, {}};
  });
  RawClient client(server->port());
  client.send(kGood);
  // Reading begins once the server has given up: what arrives is what its buffers held.
  while (client.send("x")) std::this_thread::sleep_for(1ms);
  CHECK(client.read_all().size() < large.size());
}

TEST_CASE("clients that do not read their replies make room for one that waits") {
  ServerLimits limits = patient();
  limits.threads = 2;
  limits.patience = 50ms;
  const std::string large(20'000'000, 'x');
  const auto server = serve(limits, [&](const Request& request) {
    return request.path == "/large" ? Reply{200, "text/plain", large, {}} : good(request);
  });
  std::vector<RawClient> slow;
  for (int count = 0; count < 4; ++count) {
    slow.emplace_back(server->port());
    slow.back().send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  CHECK(status_of(fetch(server->port(), "/good")) == 200);
}

TEST_CASE("a client is not taken for a slow one because its answer takes long to work out") {
  ServerLimits limits = patient();
  limits.threads = 1;
  limits.patience = 0ms;
  std::promise<void> begun;
  std::promise<void> release;
  const auto server = serve(limits, [&](const Request& request) {
    if (request.path == "/slow") {
      begun.set_value();
      release.get_future().wait();
    }
    return good(request);
  });
  RawClient slow(server->port());
  slow.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  begun.get_future().wait();
  RawClient waiting(server->port());
  waiting.send(kGood);
  // Each is taken in by a turn of its own, in which the slow one would have been cut off.
  for (int count = 0; count < 20; ++count) {
    CHECK(status_of(fetch(server->port(), "/", "POST", "Origin: x\r\n")) == 403);
  }
  release.set_value();
  CHECK(status_of(slow.read_all()) == 200);
  CHECK(status_of(waiting.read_all()) == 200);
}

TEST_CASE("when the queue is full, a request is answered with 503 at once") {
  ServerLimits limits = patient();
  limits.threads = 1;
  limits.queue = 1;
  std::promise<void> release;
  std::promise<void> begun;
  std::atomic<bool> first = true;
  const auto released = release.get_future().share();
  const auto server = serve(limits, [&](const Request& request) {
    if (first.exchange(false)) begun.set_value();
    released.wait();
    return good(request);
  });
  RawClient working(server->port());
  working.send(kGood);
  begun.get_future().wait();
  // One of these waits in the queue; the other is turned away.
  std::vector<std::future<std::string>> replies;
  for (int count = 0; count < 2; ++count) {
    replies.push_back(std::async(std::launch::async, fetch, server->port(), "/good", "GET", ""));
  }
  int refused = -1;
  const auto limit = steady_clock::now() + 30s;
  while (refused < 0 && steady_clock::now() < limit) {
    for (int index = 0; index < 2; ++index) {
      if (replies[static_cast<std::size_t>(index)].wait_for(1ms) == std::future_status::ready) {
        refused = index;
      }
    }
  }
  REQUIRE(refused >= 0);
  const std::string reply = replies[static_cast<std::size_t>(refused)].get();
  CHECK(status_of(reply) == 503);
  CHECK(header_of(reply, "Retry-After") == "1");
  release.set_value();
  CHECK(status_of(replies[static_cast<std::size_t>(1 - refused)].get()) == 200);
  CHECK(status_of(working.read_all()) == 200);
}

TEST_CASE("stopping takes no longer for clients that hang at any point") {
  ServerLimits limits = patient();
  limits.threads = 4;
  limits.linger_time = kNever;
  const std::string large(20'000'000, 'x');
  auto server = serve(limits, [&](const Request&) { return Reply{200, "text/plain", large, {}}; });
  std::vector<RawClient> clients;
  for (int count = 0; count < 20; ++count) {
    clients.emplace_back(server->port());
    if (count % 2 == 0) clients.back().send("GET /slow HTTP/1.1\r\nX: ");
    if (count % 2 == 1) clients.back().send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  CHECK(fetch(server->port(), "/" + std::string(40'000, 'x')).size() > 0);
  const auto before = steady_clock::now();
  server->stop();
  server.reset();
  // Seconds less than any of the limits above; generous for a machine under load.
  CHECK(steady_clock::now() - before < 30s);
}

TEST_CASE("no descriptor is left behind, and accepted ones are close-on-exec") {
  const int before = open_descriptors();
  {
    std::promise<void> release;
    std::promise<void> begun;
    const auto server = serve(patient(), [&](const Request& request) {
      begun.set_value();
      release.get_future().wait();
      return good(request);
    });
    RawClient client(server->port());
    client.send(kGood);
    begun.get_future().wait();
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      const int fd = std::stoi(entry.path().filename().string());
      int type = 0;
      socklen_t length = sizeof type;
      if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0) continue;
      CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
    release.set_value();
    CHECK(status_of(client.read_all()) == 200);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("many clients at once are all answered") {
  const auto server = serve(patient());
  std::vector<std::thread> threads;
  std::atomic<int> answered = 0;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      for (int count = 0; count < 25; ++count) {
        if (status_of(fetch(server->port(), "/good")) == 200) ++answered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(answered == 200);
}

}  // namespace ebbgate::metrics
