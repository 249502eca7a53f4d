#include "controller/kubernetes/dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "controller/kubernetes/host_lookup.h"

namespace ebbgate::kubernetes {
namespace {

void set_option(int socket, int level, int name, int value) {
  setsockopt(socket, level, name, &value, sizeof value);
}

// A peer that is gone without a word is noticed within a minute, also on an idle connection.
void configure(int socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

std::string connect_error(int error) {
  return error == ECONNREFUSED ? "connection refused: does the API server listen there?"
                               : std::strerror(error);
}

std::variant<Descriptor, std::string> connect_to(const HostLookup::Address& address,
                                                 const Waiter& waiter, BootTime deadline) {
  const int family = address.storage.ss_family;
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return std::strerror(errno);
  configure(socket.get());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket.get(), generic, address.length) == 0) return socket;
  if (errno != EINPROGRESS) return connect_error(errno);
  switch (waiter.wait(socket.get(), POLLOUT, deadline)) {
    case Waiter::Result::late:
      return "no answer to the attempt to connect";
    case Waiter::Result::interrupted:
      return "interrupted";
    case Waiter::Result::ready:
      break;
  }
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return connect_error(error);
  return socket;
}

}  // namespace

std::variant<Descriptor, std::string> dial(const std::string& host, std::uint16_t port,
                                           const Waiter& waiter, BootTime deadline) {
  auto found = HostLookup::look_up(host, port, waiter, deadline);
  if (auto* error = std::get_if<std::string>(&found)) return std::move(*error);
  std::string errors;
  for (const auto& address : std::get<HostLookup::Addresses>(found)) {
    const BootTime until = std::min(deadline, BootClock::now() + kConnectTime);
    auto socket = connect_to(address, waiter, until);
    if (auto* connected = std::get_if<Descriptor>(&socket)) return std::move(*connected);
    if (!errors.empty()) errors += "; ";
    errors += address.text + ": " + std::get<std::string>(socket);
  }
  return errors;
}

}  // namespace ebbgate::kubernetes
