#include "controller/local/http_socket.h"

// Not <netinet/tcp.h>, whose tcp_info ends before the fields needed here.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace ebbgate::local {
namespace {

constexpr int kClosed = 7;  // TCP_CLOSE, which only <netinet/tcp.h> names

}  // namespace

bool carried_nothing(int socket) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return false;
  if (length < offsetof(tcp_info, tcpi_bytes_sent) + sizeof info.tcpi_bytes_sent) return false;
  // Of a connection that was given up before it came about the kernel reckons unsent bytes from
  // sequence numbers that mean nothing any more; nothing leaves a closed one anyway.
  const bool queued = info.tcpi_state != kClosed && info.tcpi_notsent_bytes > 0;
  return info.tcpi_bytes_sent == 0 && !queued;
}

}  // namespace ebbgate::local
