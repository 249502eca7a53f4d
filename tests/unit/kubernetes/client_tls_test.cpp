#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "tests/unit/kubernetes/client_support.h"

namespace ebbgate::kubernetes::testing {
namespace {

using Result = Response::Result;

const Authority& authority() {
  static const Authority made("The test's authority");
  return made;
}

std::shared_ptr<const net::Tls> tls(const std::string& server_name, const std::string& ca_pem,
                                    bool insecure = false) {
  auto made = net::Tls::make({ca_pem, server_name, insecure});
  REQUIRE(std::holds_alternative<std::shared_ptr<const net::Tls>>(made));
  return std::get<std::shared_ptr<const net::Tls>>(made);
}

HttpConnector::Target secure_target(std::uint16_t port, std::shared_ptr<const net::Tls> with) {
  auto target = plain_target(port, {"token"});
  target.server.secure = true;
  target.tls = std::move(with);
  return target;
}

void answer_all(Peer& peer, int) {
  while (peer.read()) peer.answer(200, "{}");
}

TEST_CASE("A server with a certificate of the named authority is talked to, many times") {
  const Issued identity = authority().issue("api", "DNS:api.test,IP:127.0.0.1");
  FakeServer server(answer_all, &identity);
  std::string name;
  SUBCASE("by its address") {
    name = "127.0.0.1";
  }
  SUBCASE("by the name that is set for it") {
    name = "api.test";
  }
  HttpConnector connector(secure_target(server.port(), tls(name, authority().pem())), nullptr);
  const auto connection = connector.connect();
  for (int i = 0; i < 20; ++i) {
    const Response response = connection->send(patch_request());
    CHECK(response.error == "");
    REQUIRE(response.ok());
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("A long answer comes whole over TLS, in one piece or many") {
  const Issued identity = authority().issue("api", "IP:127.0.0.1");
  const std::string body(3'000'000, 'x');
  FakeServer server(
      [&](Peer& peer, int) {
        while (auto asked = peer.read()) {
          if (contains(asked->line, "chunks")) {
            peer.begin_chunks();
            for (int i = 0; i < 3; ++i) peer.chunk(body.substr(0, 1'000'000));
            peer.write("0\r\n\r\n");
          } else {
            peer.answer(200, body);
          }
        }
      },
      &identity);
  HttpConnector connector(secure_target(server.port(), tls("127.0.0.1", authority().pem())),
                          nullptr);
  const auto connection = connector.connect();
  CHECK(connection->send(get_request("/whole")).body == body);
  CHECK(connection->send(get_request("/chunks")).body == body);
}

TEST_CASE("A server that cannot prove who it is gets nothing") {
  const Issued identity = authority().issue("127.0.0.1", "DNS:api.test");
  std::atomic<int> requests = 0;
  FakeServer server(
      [&](Peer& peer, int) {
        while (peer.read()) ++requests;
      },
      &identity);
  std::string why;
  std::shared_ptr<const net::Tls> with;
  SUBCASE("because another authority signed its certificate") {
    with = tls("api.test", Authority("Another one").pem());
    why = "unable to get local issuer certificate";
  }
  SUBCASE("because the system's authorities do not know it") {
    with = tls("api.test", "");
    why = "is not trusted";
  }
  SUBCASE("because its certificate is for another name") {
    with = tls("other.test", authority().pem());
    why = "it is not for other.test";
  }
  SUBCASE("because its certificate is not for its address, but has it as common name") {
    with = tls("127.0.0.1", authority().pem());
    why = "it is not for 127.0.0.1";
  }
  HttpConnector connector(secure_target(server.port(), with), nullptr);
  const Response response = connector.connect()->send(patch_request());
  CHECK(response.result == Result::not_sent);
  CHECK_MESSAGE(contains(response.error, why), response.error);
  CHECK(requests == 0);
}

TEST_CASE("A server's own certificate may be named as authority") {
  const Issued identity = authority().issue("api", "IP:127.0.0.1");
  FakeServer server(answer_all, &identity);
  HttpConnector connector(secure_target(server.port(), tls("127.0.0.1", identity.certificate_pem)),
                          nullptr);
  CHECK(connector.connect()->send(get_request()).ok());
}

TEST_CASE("Nothing is verified where that was asked for") {
  const Issued identity = authority().issue("api", "DNS:elsewhere.test");
  FakeServer server(answer_all, &identity);
  HttpConnector connector(secure_target(server.port(), tls("127.0.0.1", "", true)), nullptr);
  CHECK(connector.connect()->send(get_request()).ok());
}

TEST_CASE("A client certificate is shown, and a new one on a new connection") {
  const Issued identity = authority().issue("api", "IP:127.0.0.1");
  FakeServer server(
      [&](Peer& peer, int) {
        while (peer.read()) peer.answer(200, peer.client_name());
      },
      &identity, authority().pem());
  const auto target = secure_target(server.port(), tls("127.0.0.1", authority().pem()));
  auto& credentials = static_cast<ListedTokens&>(*target.credentials);
  const Issued first = authority().issue("first", "");
  credentials.certificate = std::make_shared<net::ClientCertificate>(
      net::ClientCertificate{first.certificate_pem, first.key_pem});
  HttpConnector connector(target, nullptr);
  const auto connection = connector.connect();
  CHECK(connection->send(get_request()).body == "first");
  CHECK(connection->send(get_request()).body == "first");
  CHECK(server.connections() == 1);
  const Issued second = authority().issue("second", "");
  credentials.certificate = std::make_shared<net::ClientCertificate>(
      net::ClientCertificate{second.certificate_pem, second.key_pem});
  CHECK(connection->send(get_request()).body == "second");
  CHECK(server.connections() == 2);
}

TEST_CASE("A client certificate that is none, or has another's key, is said") {
  const Issued identity = authority().issue("api", "IP:127.0.0.1");
  FakeServer server(answer_all, &identity);
  const auto target = secure_target(server.port(), tls("127.0.0.1", authority().pem()));
  auto& credentials = static_cast<ListedTokens&>(*target.credentials);
  const Issued one = authority().issue("one", "");
  const Issued other = authority().issue("other", "");
  HttpConnector connector(target, nullptr);
  const auto error_with = [&](const std::string& certificate, const std::string& key) {
    credentials.certificate =
        std::make_shared<net::ClientCertificate>(net::ClientCertificate{certificate, key});
    const Response response = connector.connect()->send(get_request());
    CHECK(response.result == Result::not_sent);
    CHECK_FALSE(contains(response.error, "BEGIN"));
    return response.error;
  };
  CHECK(contains(error_with("nonsense", one.key_pem), "not a PEM certificate"));
  CHECK(contains(error_with(one.certificate_pem, "nonsense"), "not an unencrypted PEM key"));
  CHECK(contains(error_with(one.certificate_pem, other.key_pem), "cannot be used together"));
}

TEST_CASE("A session that the server ended is replaced before anything is sent") {
  const Issued identity = authority().issue("api", "IP:127.0.0.1");
  std::promise<void> closed;
  FakeServer server(
      [&](Peer& peer, int number) {
        peer.read();
        peer.answer(200, "{}");
        if (number > 1) return;
        peer.close();
        closed.set_value();
        CHECK_FALSE(peer.read().has_value());
      },
      &identity);
  HttpConnector connector(secure_target(server.port(), tls("127.0.0.1", authority().pem())),
                          nullptr);
  const auto connection = connector.connect();
  REQUIRE(connection->send(patch_request()).ok());
  closed.get_future().wait();
  CHECK(connection->send(patch_request()).ok());
  CHECK(server.connections() == 2);
}

TEST_CASE("What is no certificate authority is said") {
  const auto made = net::Tls::make({"nonsense", "api.test", false});
  REQUIRE(std::holds_alternative<std::string>(made));
  CHECK(contains(std::get<std::string>(made), "not a PEM certificate"));
}

TEST_CASE("A server that does not speak TLS is said, and nothing was sent") {
  FakeServer server([](Peer& peer, int) {
    peer.read_bytes(1);
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  HttpConnector connector(secure_target(server.port(), tls("127.0.0.1", authority().pem())),
                          nullptr);
  const Response response = connector.connect()->send(get_request());
  CHECK(response.result == Result::not_sent);
  CHECK(contains(response.error, "does not answer the TLS handshake"));
}

TEST_CASE("An interruption ends a handshake") {
  std::promise<void> began;
  FakeServer server([&](Peer& peer, int) {
    peer.read_bytes(1);
    began.set_value();
    peer.wait_for_close();
  });
  HttpConnector connector(secure_target(server.port(), tls("127.0.0.1", authority().pem())),
                          nullptr);
  const auto connection = connector.connect();
  std::thread interrupter([&] {
    began.get_future().wait();
    connection->interrupt();
  });
  const Response response = connection->send(get_request());
  interrupter.join();
  CHECK(response.result == Result::not_sent);
  CHECK(contains(response.error, "interrupted"));
}

TEST_CASE("The deadline bounds a handshake too") {
  FakeServer server([&](Peer& peer, int) { peer.wait_for_close(); });
  HttpConnector connector(secure_target(server.port(), tls("127.0.0.1", authority().pem())),
                          nullptr);
  Request request = get_request();
  request.deadline = std::chrono::milliseconds(100);
  const Response response = connector.connect()->send(request);
  CHECK(response.result == Result::not_sent);
  CHECK(contains(response.error, "no answer to the TLS handshake"));
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
