#include "controller/local/http_socket.h"

// Not <netinet/tcp.h>, whose tcp_info ends before the fields needed here.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace ebbgate::local {

bool carried_nothing(int socket) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return false;
  if (length < offsetof(tcp_info, tcpi_bytes_sent) + sizeof info.tcpi_bytes_sent) return false;
  return info.tcpi_bytes_sent == 0 && info.tcpi_notsent_bytes == 0;
}

}  // namespace ebbgate::local
