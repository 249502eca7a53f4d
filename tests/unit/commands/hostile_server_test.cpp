// What the commands make of a server that is no Ebbgate and means no good.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/descriptor.h"
#include "controller/commands/api_client.h"
#include "tests/unit/commands/running.h"

namespace ebbgate::commands {

namespace {

using namespace std::chrono_literals;
using test::holds;

// False: the other side is gone.
bool say(int connection, const std::string& text) {
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t count = ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

void wait_until_gone(int connection) {
  char byte = 0;
  while (::recv(connection, &byte, 1, 0) > 0) {
  }
}

// Hands each connection, once it has asked something, to `behave`, one after the other.
class Server {
 public:
  explicit Server(std::function<void(int)> behave) : behave_(std::move(behave)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket_.get(), generic, length) == 0);
    REQUIRE(::listen(socket_.get(), 8) == 0);
    REQUIRE(::getsockname(socket_.get(), generic, &length) == 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& url() const { return url_; }

 private:
  void serve() {
    while (true) {
      const Descriptor connection(::accept(socket_.get(), nullptr, nullptr));
      if (!connection) return;
      // What would be left unread would reset the connection.
      std::string request;
      char byte = 0;
      while (!request.ends_with("\r\n\r\n") && ::recv(connection.get(), &byte, 1, 0) == 1) {
        request += byte;
      }
      if (!request.empty()) behave_(connection.get());
    }
  }

  Descriptor socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const std::function<void(int)> behave_;
  std::string url_;
  std::thread thread_;
};

Answer list_of(const Server& server, const Patience& patience = {}) {
  nlohmann::json items;
  return ApiClient::at_url(server.url(), patience).all_workloads(items);
}

std::string answer_with(const std::string& body, const std::string& type = "application/json") {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("headers without end are no Ebbgate's") {
  const Server server([](int connection) {
    say(connection, "HTTP/1.1 200 OK\r\n");
    while (say(connection, "X-More: " + std::string(1000, 'x') + "\r\n")) {
    }
  });
  const Answer answer = list_of(server);
  CHECK(answer.exit_code == kFailed);
  CHECK(answer.error == "what answers at " + server.url() +
                            " is not ebbgate: its answer is longer than may be; set --url to "
                            "ebbgate's `listen` address");
}

TEST_CASE("a body without end is no Ebbgate's") {
  const Server server([](int connection) {
    say(connection,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
        "chunked\r\n\r\n");
    while (say(connection, "10000\r\n" + std::string(0x10000, ' ') + "\r\n")) {
    }
  });
  CHECK(holds(list_of(server).error, "its answer is longer than may be"));
}

TEST_CASE("interim answers are passed over") {
  const Server server([](int connection) {
    say(connection,
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
            answer_with(R"({"items": []})"));
  });
  CHECK(list_of(server).error.empty());
}

TEST_CASE("half an answer, and none, are told as what they are") {
  const Server half([](int connection) {
    say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"items\": [");
  });
  CHECK(list_of(half).error.starts_with("the answer from " + half.url() + " broke off ("));
  CHECK(holds(list_of(half).error, "try again"));
  const Server none([](int) {});
  CHECK(list_of(none).error.starts_with("the answer from " + none.url() + " broke off ("));
  const Server garbage([](int connection) { say(connection, "220 mail.example ESMTP\r\n"); });
  CHECK(holds(list_of(garbage).error, " is not ebbgate: the answer is not HTTP"));
  const Server tls([](int connection) { say(connection, "\x15\x03\x01"); });
  CHECK(holds(list_of(tls).error, " speaks TLS: where that is ebbgate, write https://"));
}

TEST_CASE("the time for an answer is that of the whole, however it comes") {
  const Patience patience{300ms, 10s};
  const Server silent(wait_until_gone);
  const Answer answer = list_of(silent, patience);
  CHECK(answer.error.starts_with("no whole answer from " + silent.url() + " within 300ms: "));
  CHECK(holds(answer.error, "set --url"));
  const Server dripping([](int connection) {
    say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (say(connection, " ")) ::usleep(5000);
  });
  CHECK(holds(list_of(dripping, patience).error, "no whole answer"));
}

TEST_CASE("a list that goes on for ever is given up") {
  int page = 1'000'000;
  const Server server([&](int connection) {
    say(connection,
        answer_with(R"({"items": [], "next": "a/b/c)" + std::to_string(++page) + "\"}"));
  });
  const Answer answer = list_of(server, {10s, 100ms});
  CAPTURE(answer.error);
  CHECK(answer.error.starts_with("the list of workloads at " + server.url() + " did not end"));
}

TEST_CASE("what is not JSON by its type is no Ebbgate's") {
  const Server server([](int connection) {
    say(connection, answer_with(R"({"items": []})", "text/html\x1b[31m; charset=utf-8"));
  });
  const std::string error = list_of(server).error;
  CHECK(holds(error, " is not ebbgate: it sent text/html"));
  CHECK(holds(error, "and no JSON; set --url"));
  CHECK_FALSE(holds(error, "\x1b"));
}

TEST_CASE("a name without an address is told, with what to do") {
  nlohmann::json items;
  const Answer answer = ApiClient::at_url("http://no-such-host.invalid").all_workloads(items);
  CHECK(holds(answer.error, "no answer from http://no-such-host.invalid ("));
  CHECK(holds(answer.error, "set --url"));
}

}  // namespace ebbgate::commands
