#include "tests/unit/kubernetes/client_server.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace ebbgate::kubernetes::testing {
namespace {

int bind_to_loopback(std::uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), length) != 0) {
    throw std::runtime_error("bind");
  }
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  return socket;
}

ssl_ctx_st* make_context(const Issued& identity, const std::string& client_ca_pem) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  BIO* in = BIO_new_mem_buf(identity.certificate_pem.data(), -1);
  X509* certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context, certificate);
  X509_free(certificate);
  BIO_free(in);
  in = BIO_new_mem_buf(identity.key_pem.data(), -1);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  SSL_CTX_use_PrivateKey(context, key);
  EVP_PKEY_free(key);
  BIO_free(in);
  if (!client_ca_pem.empty()) {
    in = BIO_new_mem_buf(client_ca_pem.data(), -1);
    X509* authority = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
    X509_free(authority);
    BIO_free(in);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  return context;
}

}  // namespace

bool Peer::fill() {
  std::array<char, 4096> bytes{};
  const auto count = session_ != nullptr
                         ? SSL_read(session_, bytes.data(), static_cast<int>(bytes.size()))
                         : ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<Asked> Peer::read() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  Asked asked;
  std::size_t at = 0;
  while (at < end) {
    const std::size_t next = buffer_.find("\r\n", at);
    std::string line = buffer_.substr(at, next - at);
    if (at == 0) {
      asked.line = line.substr(0, line.rfind(' '));
    } else {
      const std::size_t colon = line.find(": ");
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      asked.headers[name] = line.substr(colon + 2);
    }
    at = next + 2;
  }
  buffer_.erase(0, end + 4);
  const auto length = asked.headers.find("content-length");
  const std::size_t size = length == asked.headers.end() ? 0 : std::stoul(length->second);
  if (!read_bytes(size)) return std::nullopt;
  asked.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return asked;
}

bool Peer::read_bytes(std::size_t count) {
  while (buffer_.size() < count) {
    if (!fill()) return false;
  }
  return true;
}

bool Peer::write(const std::string& bytes) {
  if (bytes.empty()) return true;
  if (session_ != nullptr) {
    return SSL_write(session_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

bool Peer::answer(int status, const std::string& body, const std::string& more_headers) {
  return write("HTTP/1.1 " + std::to_string(status) + " Said\r\n" + more_headers +
               "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body);
}

bool Peer::begin_chunks() {
  return write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}

bool Peer::chunk(const std::string& bytes) {
  std::array<char, 20> length{};
  std::snprintf(length.data(), length.size(), "%zx\r\n", bytes.size());
  return write(length.data() + bytes + "\r\n");
}

void Peer::close() {
  if (session_ != nullptr) SSL_shutdown(session_);
  ::shutdown(socket_, SHUT_WR);
}

void Peer::wait_for_close() {
  while (fill()) buffer_.clear();
}

std::string Peer::client_name() const {
  X509* certificate = session_ != nullptr ? SSL_get1_peer_certificate(session_) : nullptr;
  if (certificate == nullptr) return "";
  std::array<char, 200> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  X509_free(certificate);
  return name.data();
}

FakeServer::FakeServer(Handler handler, const Issued* identity, const std::string& client_ca_pem)
    : handler_(std::move(handler)) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  if (identity != nullptr) context_ = make_context(*identity, client_ca_pem);
  listener_ = bind_to_loopback(port_);
  ::listen(listener_, 16);
  acceptor_ = std::thread([this] {
    while (true) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      MutexLock lock(mutex_);
      if (stopping_) {
        ::close(socket);
        return;
      }
      sockets_.push_back(socket);
      const int number = ++connections_;
      threads_.emplace_back([this, socket, number] { serve(socket, number); });
    }
  });
}

FakeServer::~FakeServer() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
  ::close(listener_);
  SSL_CTX_free(context_);
}

void FakeServer::serve(int socket, int number) {
  SSL* session = nullptr;
  bool ready = true;
  if (context_ != nullptr) {
    session = SSL_new(context_);
    SSL_set_fd(session, socket);
    ready = SSL_accept(session) == 1;
  }
  if (ready) {
    Peer peer(socket, session);
    handler_(peer, number);
  }
  if (session != nullptr && ready) SSL_shutdown(session);
  SSL_free(session);
  MutexLock lock(mutex_);
  std::erase(sockets_, socket);
  ::close(socket);
}

DeafPort::DeafPort() : socket_(bind_to_loopback(port_)) {}

DeafPort::~DeafPort() {
  ::close(socket_);
}

}  // namespace ebbgate::kubernetes::testing
