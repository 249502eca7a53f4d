#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tests/unit/local/update_support.h"

namespace ebbgate::local {
namespace {

template <class T, void (*free)(T*)>
struct Free {
  void operator()(T* value) const { free(value); }
};
template <class T, void (*free)(T*)>
using Owned = std::unique_ptr<T, Free<T, free>>;

// An HTTPS server that answers 200, with a certificate for `localhost` that only itself vouches
// for.
class TlsServer {
 public:
  explicit TlsServer(const std::string& certificate_file)
      : key_(EVP_EC_gen("P-256")), certificate_(X509_new()), context_(SSL_CTX_new(TLS_method())) {
    X509_set_version(certificate_.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_.get()), 3600);
    X509_set_pubkey(certificate_.get(), key_.get());
    const std::string name = "localhost";
    X509_NAME* const subject = X509_get_subject_name(certificate_.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate_.get(), subject);
    const Owned<X509_EXTENSION, X509_EXTENSION_free> names(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost"));
    X509_add_ext(certificate_.get(), names.get(), -1);
    REQUIRE(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0);
    SSL_CTX_use_certificate(context_.get(), certificate_.get());
    SSL_CTX_use_PrivateKey(context_.get(), key_.get());

    FILE* const file = std::fopen(certificate_file.c_str(), "w");
    REQUIRE(file != nullptr);
    PEM_write_X509(file, certificate_.get());
    std::fclose(file);

    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_, generic, length) == 0);
    REQUIRE(::listen(listener_, 10) == 0);
    REQUIRE(::getsockname(listener_, generic, &length) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(port_) + "/";
  }
  int requests() const { return requests_; }

 private:
  void serve() {
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    while (true) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      const Owned<SSL, SSL_free> session(SSL_new(context_.get()));
      SSL_set_fd(session.get(), connection);
      std::array<char, 4096> buffer{};
      if (SSL_accept(session.get()) == 1 &&
          SSL_read(session.get(), buffer.data(), static_cast<int>(buffer.size())) > 0) {
        ++requests_;
        const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        SSL_write(session.get(), answer.data(), static_cast<int>(answer.size()));
        SSL_shutdown(session.get());
      }
      ::close(connection);
    }
  }

  Owned<EVP_PKEY, EVP_PKEY_free> key_;
  Owned<X509, X509_free> certificate_;
  Owned<SSL_CTX, SSL_CTX_free> context_;
  int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  std::atomic<int> requests_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("Over HTTPS nothing is asked of a server whose certificate is not trusted") {
  const TemporaryFolder folder;
  TlsServer server(folder / "certificate.pem");
  {
    Bench bench;
    const Answer answer = bench.update(http_workload(server.url("localhost")));
    CHECK(answer.outcome == Outcome::refused);
    CHECK(answer.cause == FailureCause::http_untrusted);
    CHECK(answer.detail.find("no trusted TLS connection") != std::string::npos);
    CHECK(answer.detail.find("self-signed certificate") != std::string::npos);
    CHECK(server.requests() == 0);
  }
  ::setenv("SSL_CERT_FILE", (folder / "certificate.pem").c_str(), 1);
  {
    Bench bench;
    const Answer trusted = bench.update(http_workload(server.url("localhost")));
    CHECK(trusted.outcome == Outcome::applied);
    CHECK(trusted.detail.ends_with("HTTP 200"));
    CHECK(server.requests() == 1);
    const Answer misnamed = bench.update(http_workload(server.url("127.0.0.1")));
    CHECK(misnamed.outcome == Outcome::refused);
    CHECK(misnamed.detail.find("it is not for 127.0.0.1") != std::string::npos);
    CHECK(server.requests() == 1);
  }
  ::unsetenv("SSL_CERT_FILE");
}

TEST_CASE("Plain HTTP to a TLS server, and TLS to one of plain HTTP, are told as that") {
  const TemporaryFolder folder;
  TlsServer server(folder / "certificate.pem");
  Bench bench;
  const std::string plain = "http" + server.url("127.0.0.1").substr(5);
  const Answer without = bench.update(http_workload(plain));
  CAPTURE(without.detail);
  CHECK(without.outcome == Outcome::unknown);
  CHECK(without.cause == FailureCause::http_tls_expected);  // although it closes without a word
  CHECK(server.requests() == 0);
  for (const std::string said : {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-x\r\n", ""}) {
    CAPTURE(said);
    RawServer other([&](RawServer&, int connection) { say(connection, said); });
    const Answer with = bench.update(http_workload("https" + other.url().substr(4)));
    CAPTURE(with.detail);
    CHECK(with.outcome == Outcome::refused);
    CHECK(with.nothing_sent);
    CHECK(with.cause == FailureCause::http_not_tls);
  }
}

}  // namespace ebbgate::local
