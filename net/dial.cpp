#include "net/dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/host_lookup.h"

namespace ebbgate::net {
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

Failure connect_failure(int error) {
  if (error == ECONNREFUSED) {
    return {Failure::Kind::unreachable, "connection refused: does anything listen there?"};
  }
  return system_failure(error, Failure::Kind::unreachable);
}

std::variant<Descriptor, Failure> connect_to(const HostLookup::Address& address,
                                             const Waiter& waiter, BootTime deadline) {
  const int family = address.storage.ss_family;
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return system_failure(errno, Failure::Kind::unreachable);
  if (family != AF_UNIX) configure(socket.get());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket.get(), generic, address.length) == 0) return socket;
  // Of a Unix socket EAGAIN says that the other side's queue is full.
  if (family == AF_UNIX && errno == EAGAIN) {
    return Failure{Failure::Kind::unreachable, "it takes no more connections just now"};
  }
  if (errno != EINPROGRESS) return connect_failure(errno);
  switch (waiter.wait(socket.get(), POLLOUT, deadline)) {
    case Waiter::Result::late:
      return Failure{Failure::Kind::unreachable, "no answer to the attempt to connect"};
    case Waiter::Result::interrupted:
      return Failure{Failure::Kind::interrupted, "interrupted"};
    case Waiter::Result::ready:
      break;
  }
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return connect_failure(error);
  return socket;
}

std::variant<Descriptor, Failure> dial_path(const std::string& path, const Waiter& waiter,
                                            BootTime deadline) {
  HostLookup::Address address;
  auto* const unix_address = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.size() >= sizeof unix_address->sun_path) {
    return system_failure(ENAMETOOLONG, Failure::Kind::unreachable, path);
  }
  unix_address->sun_family = AF_UNIX;
  std::memcpy(unix_address->sun_path, path.c_str(), path.size() + 1);
  address.length = sizeof *unix_address;
  return connect_to(address, waiter, deadline);
}

}  // namespace

std::variant<Descriptor, Failure> dial(const Endpoint& endpoint, const Waiter& waiter,
                                       BootTime deadline) {
  if (!endpoint.socket_path.empty()) return dial_path(endpoint.socket_path, waiter, deadline);
  auto found = HostLookup::system().look_up(endpoint.host, endpoint.port, waiter, deadline);
  if (auto* failure = std::get_if<Failure>(&found)) return std::move(*failure);
  const auto& addresses = std::get<HostLookup::Addresses>(found);
  Failure failed;
  auto left = static_cast<Duration::rep>(addresses.size());
  for (const auto& address : addresses) {
    const BootTime now = BootClock::now();
    const BootTime until = now + std::min<Duration>(kConnectTime, (deadline - now) / left--);
    auto socket = connect_to(address, waiter, until);
    if (auto* connected = std::get_if<Descriptor>(&socket)) return std::move(*connected);
    Failure& failure = std::get<Failure>(socket);
    failed.kind = failure.kind;
    failed.text += (failed.text.empty() ? "" : "; ") + address.text + ": " + failure.text;
    if (failure.kind == Failure::Kind::interrupted) return failed;
  }
  if (BootClock::now() >= deadline) failed.kind = Failure::Kind::late;
  return failed;
}

}  // namespace ebbgate::net
