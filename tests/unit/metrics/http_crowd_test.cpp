// The whole server, sockets included, under crowds of clients of every kind that take turns at
// random. EBBGATE_HTTP_SEED=N runs one crowd of many more turns.
#include <fcntl.h>
#include <sys/socket.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "metrics/http_server.h"
#include "tests/unit/metrics/raw_client.h"

namespace ebbgate::metrics {

namespace {

using namespace std::chrono_literals;
using test::body_of;
using test::RawClient;
using test::status_of;

// Sanitizers make a turn some ten times dearer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kTurns = 600;
#else
constexpr int kTurns = 3000;
#endif
constexpr std::size_t kMostClients = 300;

int descriptors_of_this_process() {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                        std::filesystem::directory_iterator()));
}

// Never waits for the server: what does not go is not sent.
class RudeClient {
 public:
  explicit RudeClient(int port) : client_(port) {
    ::fcntl(client_.fd(), F_SETFL, ::fcntl(client_.fd(), F_GETFL) | O_NONBLOCK);
  }
  RudeClient(RudeClient&&) = default;
  RudeClient& operator=(RudeClient&&) = default;

  void send(std::string_view bytes) const {
    ::send(client_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  void receive(std::size_t size) const {
    std::string bytes(size, '\0');
    ::recv(client_.fd(), bytes.data(), size, MSG_DONTWAIT);
  }
  void half_close(int how) const { ::shutdown(client_.fd(), how); }
  // Closing it will be a reset.
  void reset_at_end() const {
    const linger at_once{1, 0};
    ::setsockopt(client_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

 private:
  RawClient client_;
};

class Crowd {
 public:
  Crowd(std::uint64_t seed, int port) : random_(seed), port_(port) {}

  void turn() {
    if (clients_.size() < 4 || (clients_.size() < kMostClients && chance(3))) {
      for (std::size_t more = pick(20); more > 0; --more) clients_.emplace_back(port_);
    }
    const std::size_t index = pick(clients_.size());
    const RudeClient& client = clients_[index];
    switch (pick(10)) {
      case 0:
        leave(index);
        break;
      case 1:
        client.half_close(chance(2) ? SHUT_WR : SHUT_RD);
        break;
      case 2:
        client.receive(1 + pick(100'000));
        break;
      case 3:  // everybody at once
        for (const RudeClient& each : clients_) each.send(request());
        break;
      case 4: {
        const std::string whole = request();
        client.send(std::string_view(whole).substr(0, pick(whole.size())));
        break;
      }
      case 5:
        client.send(std::string(pick(200'000), 'x'));
        break;
      default:
        for (std::size_t pipelined = 1 + pick(3); pipelined > 0; --pipelined) {
          client.send(request());
        }
    }
  }

  void everybody_leaves() {
    while (!clients_.empty()) leave(clients_.size() - 1);
  }

  bool chance(std::size_t of) { return pick(of) == 0; }

 private:
  std::size_t pick(std::size_t below) {
    return below == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }

  void leave(std::size_t index) {
    if (chance(2)) clients_[index].reset_at_end();
    std::swap(clients_[index], clients_.back());
    clients_.pop_back();
  }

  std::string request() {
    const std::string host = "Host: localhost\r\n";
    switch (pick(14)) {
      case 0:
        return std::string("GET ") + (chance(10) ? "/huge" : "/large") + " HTTP/1.1\r\n" + host +
               "\r\n";
      case 1:
        return "HEAD / HTTP/1.0\r\n\r\n";
      case 2:
        return "POST / HTTP/1.1\r\nOrigin: x\r\n\r\n" + std::string(pick(100'000), 'x');
      case 3:
        return "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n";
      case 4:
        return "GET / HTTP/1.1\r\nX: " + std::string(pick(40'000), 'x');
      case 5:
        return "POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999\r\n\r\n";
      case 6: {
        const std::size_t size = pick(100'000);
        return "POST / HTTP/1.1\r\n" + host + "Content-Length: " + std::to_string(size) +
               "\r\n\r\n" + std::string(pick(size + 1), 'y');
      }
      case 7:
        return "PUT / HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n";
      case 8:
        return "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
      case 9: {
        std::string garbage(pick(2000), '\0');
        for (char& c : garbage) c = static_cast<char>(pick(256));
        return garbage;
      }
      case 10:
        return std::string(pick(40), '\n');
      case 11:
        return "GET /" + std::string(pick(12'000), 'x') + " HTTP/1.1\r\n" + host + "\r\n";
      case 12:
        return "GET /throws HTTP/1.1\r\n" + host + "\r\n";
      default:
        return "GET / HTTP/1.1\r\n" + host + "\r\n";
    }
  }

  std::mt19937_64 random_;
  int port_;
  std::vector<RudeClient> clients_;
};

Reply answer(const Request& request) {
  if (request.path == "/throws") throw std::runtime_error("on purpose");
  if (request.path == "/large") return {200, "text/plain", std::string(300'000, 'x'), {}};
  if (request.path == "/huge") return {200, "text/plain", std::string(10'000'000, 'x'), {}};
  return {200, "text/plain", request.method + " " + std::to_string(request.body.size()), {}};
}

// A client as it should be is answered whatever the others do: it says all at once and listens.
void check_well_behaved(int port, std::uint64_t seed, int turn) {
  CAPTURE(seed);
  CAPTURE(turn);
  RawClient client(port);
  const std::string body(static_cast<std::size_t>(turn % 3000), 'z');
  client.send("POST /well HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  const std::string reply = client.read_all();
  CHECK(status_of(reply) == 200);
  CHECK(body_of(reply) == "POST " + std::to_string(body.size()));
}

void run_crowd(std::uint64_t seed, int turns) {
  std::mt19937_64 random(seed);
  ServerLimits limits;
  // Small, so that all of them are met; but as there is room for those who say all at once, and as
  // many bodies are let in as there may be, a client as it should be is never the one to suffer.
  limits.connections = 100 + random() % 100;
  limits.threads = 2 + random() % 6;
  limits.queue = kMostClients + 1;
  limits.bodies_bytes = kMostClients * limits.body_bytes;
  limits.patience = std::chrono::milliseconds(100 + random() % 100);
  limits.linger_time = std::chrono::milliseconds(random() % 200);
  limits.head_time = std::chrono::milliseconds(500 + random() % 3000);
  limits.body_time = limits.head_time;
  auto listening = Listener::tcp("127.0.0.1:0");
  REQUIRE_MESSAGE(listening.listener, listening.error);
  HttpServer server(std::move(listening.listener), answer, limits,
                    std::make_shared<const HostNames>(std::vector<std::string>()));
  const int before = descriptors_of_this_process();
  Crowd crowd(seed, server.port());
  for (int turn = 0; turn < turns; ++turn) {
    crowd.turn();
    if (crowd.chance(50)) check_well_behaved(server.port(), seed, turn);
  }
  crowd.everybody_leaves();
  check_well_behaved(server.port(), seed, turns);
  // Nobody is forgotten.
  const auto patience = std::chrono::steady_clock::now() + 60s;
  while (descriptors_of_this_process() > before && std::chrono::steady_clock::now() < patience) {
    std::this_thread::yield();
  }
  CHECK(descriptors_of_this_process() == before);
}

}  // namespace

TEST_CASE("crowds of clients of every kind harm nobody, and leave nothing behind") {
  if (const char* seed = std::getenv("EBBGATE_HTTP_SEED")) {
    run_crowd(std::strtoull(seed, nullptr, 10), 100 * kTurns);
    return;
  }
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    run_crowd(seed, kTurns);
  }
}

TEST_CASE("a server that is stopped amid a crowd ends") {
  for (std::uint64_t seed = 11; seed <= 14; ++seed) {
    CAPTURE(seed);
    auto listening = Listener::tcp("127.0.0.1:0");
    REQUIRE(listening.listener);
    auto server = std::make_unique<HttpServer>(std::move(listening.listener), answer);
    const int port = server->port();
    Crowd crowd(seed, port);
    for (int turn = 0; turn < 200; ++turn) crowd.turn();
    server->stop();
    server.reset();
    crowd.everybody_leaves();
  }
}

}  // namespace ebbgate::metrics
