// Stands in for a command whose start is timed:
//   benchmark_recorder SOCKET
// sends CLOCK_MONOTONIC in nanoseconds, as it was when main began, and what Ebbgate calls the
// workload, as one datagram to a Unix socket. Linked statically, so that little of what is timed is
// its own loading.
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int argc, char** argv) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  sockaddr_un address{};
  if (argc != 2 || std::strlen(argv[1]) >= sizeof address.sun_path) return 99;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, argv[1], std::strlen(argv[1]));

  const char* const workload = std::getenv("EBBGATE_WORKLOAD");
  std::array<char, 512> message{};
  const int length = std::snprintf(message.data(), message.size(), "%lld %s",
                                   now.tv_sec * 1'000'000'000LL + now.tv_nsec,
                                   workload == nullptr ? "-" : workload);
  const int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto size = static_cast<size_t>(length);
  const ssize_t sent = sendto(sender, message.data(), size, 0,
                              reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return sent == length ? 0 : 99;
}
