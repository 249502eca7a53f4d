#include "tests/unit/metrics/raw_client.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace ebbgate::metrics::test {

namespace {

constexpr int kPatienceMilliseconds = 30000;

void wait_for(int fd, short events) {
  pollfd polled{fd, events, 0};
  if (::poll(&polled, 1, kPatienceMilliseconds) <= 0) throw std::runtime_error("no answer");
}

}  // namespace

RawClient::RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
  }
}

RawClient::RawClient(const std::string& unix_socket_path)
    : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, unix_socket_path.c_str(), unix_socket_path.size() + 1);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
  }
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      wait_for(socket_.get(), POLLOUT);
    } else {
      return false;
    }
  }
  return true;
}

void RawClient::wait_until_arrived() {
  const auto limit =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMilliseconds);
  int waiting = 0;
  while (::ioctl(socket_.get(), SIOCOUTQ, &waiting) == 0 && waiting > 0) {
    if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("it never arrived");
    std::this_thread::yield();
  }
}

void RawClient::half_close() {
  ::shutdown(socket_.get(), SHUT_WR);
}

std::string RawClient::read(std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    wait_for(socket_.get(), POLLIN);
    const ssize_t got = ::recv(socket_.get(), bytes.data() + have, size - have, 0);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

std::string RawClient::read_all() {
  std::string all;
  std::array<char, 65536> buffer;
  while (true) {
    wait_for(socket_.get(), POLLIN);
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      reset_ = got < 0;
      return all;
    }
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

int status_of(const std::string& reply) {
  return reply.starts_with("HTTP/1.1 ") ? std::atoi(reply.c_str() + 9) : 0;
}

std::string body_of(const std::string& reply) {
  const std::size_t end = reply.find("\r\n\r\n");
  return end == reply.npos ? "" : reply.substr(end + 4);
}

std::string header_of(const std::string& reply, const std::string& name) {
  const std::string begin = "\r\n" + name + ": ";
  const std::size_t at = reply.find(begin);
  if (at == reply.npos || at > reply.find("\r\n\r\n")) return "";
  return reply.substr(at + begin.size(), reply.find("\r\n", at + 2) - at - begin.size());
}

std::string fetch(int port, const std::string& target, const std::string& method,
                  const std::string& more_headers) {
  RawClient client(port);
  client.send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more_headers + "\r\n");
  return client.read_all();
}

}  // namespace ebbgate::metrics::test
