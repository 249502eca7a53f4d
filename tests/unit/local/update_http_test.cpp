// Long because each way in which a server can answer, or fail to, needs a server of its own.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include <doctest/doctest.h>

#include "controller/local/http_target.h"
#include "tests/unit/local/update_support.h"

namespace ebbgate::local {
namespace {

// A port that is taken, but where nobody listens or nobody accepts.
class DeafPort {
 public:
  explicit DeafPort(bool listening) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket_, generic, length) == 0);
    REQUIRE(::getsockname(socket_, generic, &length) == 0);
    port_ = ntohs(address.sin_port);
    if (!listening) return;
    REQUIRE(::listen(socket_, 0) == 0);
    // One connection that nobody accepts fills the queue, and the next one gets no answer at all.
    REQUIRE(::connect(filler_, generic, length) == 0);
    REQUIRE(await([this] {
      tcp_info info{};
      socklen_t size = sizeof info;
      ::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size);
      return info.tcpi_unacked > info.tcpi_sacked;  // of a listener: the queue and its limit
    }));
  }
  ~DeafPort() {
    ::close(filler_);
    ::close(socket_);
  }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  // Whether somebody's connection to the port waits for an answer (state 02, SYN_SENT).
  bool is_asked() const {
    std::array<char, 64> there{};
    std::snprintf(there.data(), there.size(), " 0100007F:%04X 02 ", static_cast<unsigned>(port_));
    return read_file("/proc/net/tcp").find(there.data()) != std::string::npos;
  }

 private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  int filler_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

LocalWorkload impatient(LocalWorkload workload) {
  workload.update.timeout = std::chrono::milliseconds(300);
  return workload;
}

}  // namespace

TEST_CASE("A 2xx answer is applied, and the other side saw the request as it was written") {
  RawServer server(answer_with("204 No Content"));
  Bench bench;
  auto workload = http_workload(server.url("/-/reload?token=a+b%20c"));
  workload.update.http->method = "PUT";
  workload.update.http->headers = {{"Authorization", "Bearer secret"}, {"X-From", "ebbgate"}};
  const Answer answer = bench.update(workload);
  CHECK(answer.outcome == Outcome::applied);
  CHECK(answer.detail == "PUT " + server.url("/-/reload") + ": HTTP 204");
  const auto requests = server.requests(1);
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].starts_with("PUT /-/reload?token=a+b%20c HTTP/1.1\r\n"));
  CHECK(requests[0].find("Authorization: Bearer secret\r\n") != std::string::npos);
  CHECK(requests[0].find("X-From: ebbgate\r\n") != std::string::npos);
  CHECK(requests[0].find("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n") !=
        std::string::npos);
  CHECK(requests[0].find("Content-Length: 0\r\n") != std::string::npos);
}

TEST_CASE("Every answer that is not 2xx is unknown, and asked once") {
  const std::vector<std::string> statuses = {"500 Oops", "404 Not Found", "304 Not Modified",
                                             "429 Too Many Requests", "503 Busy"};
  for (const std::string& status : statuses) {
    CAPTURE(status);
    RawServer server(answer_with(status, "Retry-After: 5\r\n"));
    Bench bench;
    const Answer answer = bench.update(http_workload(server.url()));
    CHECK(answer.outcome == Outcome::unknown);
    CHECK_FALSE(answer.nothing_sent);
    CHECK_FALSE(answer.retry_after);
    CHECK(answer.cause == FailureCause::http_status);
    CHECK(answer.detail == "POST " + server.url() + ": HTTP " + status.substr(0, 3));
    CHECK(server.requests(1).size() == 1);
  }
}

TEST_CASE("A failure tells the beginning of its body on one line") {
  RawServer server([](RawServer&, int connection) {
    say(connection,
        "HTTP/1.1 422 No\r\nX-Token: hidden\r\nContent-Length: 1000\r\n\r\n\nbad "
        "\x1b[31m\r\n\tkey " +
            std::string(1000 - 15, 'x'));
  });
  Bench bench;
  auto workload = http_workload(server.url("/-/reload"));
  workload.update.http->headers = {{"Content-Type", "application/json"}, {"accept", "a/b"}};
  const Answer answer = bench.update(workload);
  CAPTURE(answer.detail);
  CHECK(answer.detail.starts_with("POST " + server.url("/-/reload") +
                                  ": HTTP 422: bad \\x1b[31m key xxx"));
  CHECK(answer.detail.ends_with("x…"));
  CHECK(answer.detail.find("hidden") == std::string::npos);
  CHECK(answer.detail.size() < 500);
}

TEST_CASE("What is answered to a request that may carry a secret is not told") {
  struct Hook {
    std::string path;
    std::string shown;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  const std::vector<Hook> hooks = {
      {"/reload?token=hidden", "/reload", {}},
      {"/reload?x=ab", "/reload", {{"Authorization", "Basic dXNlcjpoaWRkZW4="}}},
      {"/reload", "/reload", {{"X-Anything", "ab"}}},
      {"/services/T000/B000/hidden", "/services/********", {}},
  };
  for (const Hook& hook : hooks) {
    CAPTURE(hook.path);
    // As it is, escaped, encoded, decoded: in whatever form, it is not there.
    RawServer server([](RawServer&, int connection) {
      say(connection,
          "HTTP/1.1 404 No\r\n\r\nhidden \\u0068idden %68idden %2568idden aGlkZGVu neddih user:"
          "hidden ab");
    });
    Bench bench;
    auto workload = http_workload(server.url(hook.path));
    workload.update.http->headers = hook.headers;
    const Answer answer = bench.update(workload);
    CHECK(answer.cause == FailureCause::http_status);
    CHECK(
        answer.detail ==
        "POST " + server.url(hook.shown) +
            ": HTTP 404; what else it said is not shown, for it may repeat secrets of the request");
  }
}

TEST_CASE("Without a body there is nothing that would not be told") {
  RawServer server(answer_with("404 Not Found"));
  Bench bench;
  CHECK(bench.update(http_workload(server.url("/reload?token=hidden"))).detail ==
        "POST " + server.url("/reload") + ": HTTP 404");
}

TEST_CASE("A redirect is not followed, unknown, and told with where it leads") {
  RawServer elsewhere(answer_with("200 OK"));
  for (const std::string status :
       {"301 Moved", "302 Found", "303 See", "307 There", "308 Always"}) {
    CAPTURE(status);
    RawServer server(
        answer_with(status, "Location: " + elsewhere.url("/login/SECRET?next=SECRET") + "\r\n"));
    Bench bench;
    const Answer answer = bench.update(http_workload(server.url()));
    CHECK(answer.outcome == Outcome::unknown);
    CHECK(answer.cause == FailureCause::http_redirect);
    CHECK(answer.detail == "POST " + server.url() + ": HTTP " + status.substr(0, 3) +
                               ", a redirect to " + elsewhere.url("/login/********?next=********") +
                               ": it is not followed");
    const Answer secret = bench.update(http_workload(server.url("/?token=x")));
    CHECK(secret.detail == "POST " + server.url() + ": HTTP " + status.substr(0, 3) +
                               ", a redirect: it is not followed");
  }
  CHECK(elsewhere.requests(0).empty());
}

TEST_CASE("A refused connection is refused, and nothing was sent") {
  const DeafPort port(false);
  Bench bench;
  const Answer answer = bench.update(http_workload(port.url()));
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.nothing_sent);
  CHECK(answer.cause == FailureCause::http_unreachable);
  CHECK(answer.detail.find("cannot connect: 127.0.0.1: connection refused") != std::string::npos);
}

TEST_CASE("A connection that never comes about is refused when its time is over") {
  const DeafPort port(true);
  Bench bench;
  const Answer answer = bench.update(impatient(http_workload(port.url())));
  CAPTURE(answer.detail);
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.cause == FailureCause::http_timeout);
  CHECK(answer.nothing_sent);
}

TEST_CASE("A connection that is cut while it is being made carried nothing") {
  const DeafPort port(true);
  Bench bench;
  const AttemptId id = bench.send(http_workload(port.url()));
  // The attempt is on its way once the kernel shows a connection that waits for an answer.
  REQUIRE(await([&] { return port.is_asked(); }));
  bench.updater.stop(std::chrono::seconds(5));
  const Answer answer = bench.recorder.answer(id);
  CAPTURE(answer.detail);
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.nothing_sent);
}

TEST_CASE("A name without an address is refused, and nothing was sent") {
  Bench bench;
  auto workload = http_workload("http://no-such-host.invalid/");
  workload.update.timeout = std::chrono::seconds(5);
  const Answer answer = bench.update(workload);
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.cause == FailureCause::http_unreachable);
  CHECK(answer.nothing_sent);
}

TEST_CASE("Every address of a name is tried until one takes the connection") {
  RawServer server(answer_with("200 OK"));
  Bench bench;
  const std::string url = "http://localhost:" + std::to_string(server.port()) + "/";
  CHECK(bench.update(http_workload(url)).outcome == Outcome::applied);
}

TEST_CASE("A URL that is none is refused, and said") {
  Bench bench;
  const auto detail = [&](const std::string& url) {
    const Answer answer = bench.update(http_workload(url));
    CHECK(answer.outcome == Outcome::refused);
    CHECK(answer.nothing_sent);
    return answer.detail;
  };
  CHECK(detail("ftp://host/") == "the URL must begin with http:// or https://");
  CHECK(detail("http://") == "the URL names no host");
  CHECK(detail("http://host:99999/") == "the URL's port is not one");
  CHECK(detail("http://host/a b") ==
        "the URL holds a space or a control character: write it as %20 and the like");
  CHECK(detail("http://user:password@host/") ==
        "the URL holds a user name: put credentials into an Authorization header");
}

TEST_CASE("A URL falls into its parts") {
  const auto parts = [](const std::string& url) {
    const auto target = std::get<HttpTarget>(parse_http_target(url));
    return std::string(target.secure ? "tls " : "") + target.host + " " +
           std::to_string(target.port) + " " + target.host_header + " " + target.path;
  };
  CHECK(parts("http://web") == "web 80 web /");
  CHECK(parts("https://web?x=1#part") == "tls web 443 web /?x=1");
  CHECK(parts("http://[fe80::1]:8080/a/b") == "fe80::1 8080 [fe80::1]:8080 /a/b");
}

TEST_CASE("A connection that breaks after the request is unknown") {
  RawServer server([](RawServer&, int) {});
  Bench bench;
  const Answer answer = bench.update(http_workload(server.url()));
  CHECK(answer.outcome == Outcome::unknown);
  CHECK(answer.cause == FailureCause::http_no_answer);
  CHECK_FALSE(answer.nothing_sent);
  CHECK(server.requests(1).size() == 1);
}

TEST_CASE("A head that breaks off is told from no answer, and from one that is no HTTP") {
  const std::vector<std::pair<std::string, FailureCause>> answers = {
      {"HTTP/1.1 20", FailureCause::http_broken},
      {"HTTP/1.1 200 OK\r\nContent-Le", FailureCause::http_broken},
      {"SSH-2.0-OpenSSH_9.2\r\n", FailureCause::http_not_http},
      {"220 mail.example ESMTP", FailureCause::http_not_http},
      {"HTTP/1.1 abc\r\n\r\n", FailureCause::http_not_http},
      {std::string("\x15\x03\x01\x00\x02\x02\x46", 7), FailureCause::http_tls_expected},
  };
  for (const auto& [said, cause] : answers) {
    CAPTURE(said);
    RawServer server([&said = said](RawServer&, int connection) { say(connection, said); });
    Bench bench;
    const Answer answer = bench.update(http_workload(server.url()));
    CAPTURE(answer.detail);
    CHECK(answer.outcome == Outcome::unknown);
    CHECK(name_of(*answer.cause) == name_of(cause));
  }
}

TEST_CASE("An answer whose body breaks off is unknown, even with status 200") {
  RawServer server([](RawServer&, int connection) {
    say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  });
  Bench bench;
  const Answer answer = bench.update(http_workload(server.url()));
  CHECK(answer.outcome == Outcome::unknown);
  CHECK(answer.cause == FailureCause::http_broken);
  CHECK(answer.detail.ends_with("HTTP 200, but the answer broke off"));
}

TEST_CASE("The time limit is a total one, also where bytes keep coming") {
  for (const std::string start :
       {"HTTP/1.1 200 OK\r\nX-Long: ", "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", ""}) {
    CAPTURE(start);
    RawServer server([start](RawServer& self, int connection) {
      bool there = start.empty() || say(connection, start);
      while (there && !self.ending()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        there = say(connection, "x");
      }
    });
    Bench bench;
    const Answer answer = bench.update(impatient(http_workload(server.url())));
    CHECK(answer.outcome == Outcome::unknown);
    CHECK(answer.cause == FailureCause::http_timeout);
    CHECK(answer.detail == "no whole answer within 300ms, the request was sent");
  }
}

TEST_CASE("Of a body without end only a bounded part is read, and a 2xx is applied") {
  RawServer server([](RawServer& self, int connection) {
    const std::string block(65536, 'x');
    bool there = say(connection, "HTTP/1.1 200 OK\r\n\r\n");
    while (there && !self.ending()) there = say(connection, block);
  });
  Bench bench;
  CHECK(bench.update(http_workload(server.url())).outcome == Outcome::applied);
}

TEST_CASE("Hooks that hang delay nobody else") {
  RawServer hanging([](RawServer& self, int connection) { self.hang(connection); });
  RawServer quick(answer_with("200 OK"));
  Bench bench;
  std::vector<AttemptId> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(bench.send(http_workload(hanging.url())));
  CHECK(hanging.requests(20).size() == 20);
  CHECK(bench.update(http_workload(quick.url())).outcome == Outcome::applied);
  CHECK(bench.update(command_workload({"true"})).outcome == Outcome::applied);
  for (const AttemptId id : ids) CHECK_FALSE(bench.recorder.was_answered(id));
  bench.updater.stop(std::chrono::seconds(5));
  for (const AttemptId id : ids) {
    REQUIRE(bench.recorder.was_answered(id));
    CHECK(bench.recorder.answer(id).outcome == Outcome::unknown);
    CHECK(bench.recorder.answer(id).detail == "Ebbgate is stopping, the request was sent");
  }
}

TEST_CASE("However many hooks and probes hang, nobody waits for them") {
  RawServer hanging([](RawServer& self, int connection) { self.hang(connection); });
  RawServer quick(answer_with("200 OK"));
  Bench bench;
  std::vector<AttemptId> ids;
  for (int i = 0; i < 80; ++i) {
    auto workload = http_workload(hanging.url());
    workload.name = "hook" + std::to_string(i);
    ids.push_back(bench.send(workload));
    auto probed = command_workload({"true"});
    probed.name = "probed" + std::to_string(i);
    probed.ready.emplace();
    probed.ready->http = HttpRequest{"GET", hanging.url(), {}};
    probed.ready->timeout = kLimit * 2;
    probed.ready->interval = std::chrono::milliseconds(1);
    bench.updater.watch_rollout(probed);
  }
  CHECK(hanging.requests(160).size() >= 160);
  CHECK(bench.update(http_workload(quick.url())).outcome == Outcome::applied);
  auto ready = command_workload({"true"});
  ready.ready.emplace();
  ready.ready->http = HttpRequest{"GET", quick.url(), {}};
  ready.ready->interval = std::chrono::milliseconds(1);
  ready.ready->timeout = kLimit;
  bench.updater.watch_rollout(ready);
  CHECK(bench.recorder.rollouts(1) == std::vector<std::string>{"web ready"});
  for (const AttemptId id : ids) CHECK_FALSE(bench.recorder.was_answered(id));
}

TEST_CASE("Interim answers are passed over") {
  const std::string interim =
      "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  RawServer server([&](RawServer&, int connection) {
    say(connection, interim + "HTTP/1.1 204 No Content\r\n\r\n");
  });
  RawServer without([&](RawServer&, int connection) { say(connection, interim); });
  Bench bench;
  CHECK(bench.update(http_workload(server.url())).outcome == Outcome::applied);
  const Answer answer = bench.update(http_workload(without.url()));
  CHECK(answer.outcome == Outcome::unknown);
  CHECK(answer.cause == FailureCause::http_broken);
}

TEST_CASE("An answer that never comes to its body is given up long before memory is full") {
  for (const std::string start :
       {"", "HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 103 Early Hints\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"}) {
    CAPTURE(start);
    std::atomic<std::size_t> said = 0;
    RawServer server([&, start](RawServer& self, int connection) {
      std::string block;
      while (block.size() < 65536) block += start.ends_with("a\r\n") ? "00000000" : "X-More: y\r\n";
      if (start.ends_with(' ') || start.empty()) block.assign(65536, 'x');
      bool there = say(connection, start);
      while (there && !self.ending()) {
        there = say(connection, block);
        said += block.size();
      }
    });
    Bench bench;
    const Answer answer = bench.update(http_workload(server.url()));
    CAPTURE(answer.detail);
    CHECK(answer.outcome == Outcome::unknown);
    CHECK(name_of(*answer.cause) ==
          name_of(start.empty() ? FailureCause::http_not_http : FailureCause::http_too_long));
    // What the kernel's buffers take comes on top of what was read.
    CHECK(said < std::size_t{64} * 1024 * 1024);
  }
}

}  // namespace ebbgate::local
