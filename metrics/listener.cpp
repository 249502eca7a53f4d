#include "metrics/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace ebbgate::metrics {

namespace {

constexpr int kBacklog = 128;
constexpr int kSocketType = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

struct HostAndPort {
  std::string host;
  std::string port;
};

Listener::Result failure(std::string error) {
  return {nullptr, std::move(error)};
}

std::string cause(int error) {
  return std::strerror(error);
}

std::optional<HostAndPort> split(std::string_view address) {
  HostAndPort parts;
  std::string_view port;
  if (address.starts_with('[')) {
    const std::size_t end = address.find("]:");
    if (end == std::string_view::npos) return std::nullopt;
    parts.host = address.substr(1, end - 1);
    port = address.substr(end + 2);
  } else {
    const std::size_t colon = address.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    parts.host = address.substr(0, colon);
    port = address.substr(colon + 1);
  }
  int number = -1;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (parts.host.empty() || error != std::errc() || end != port.data() + port.size() ||
      number < 0 || number > 65535) {
    return std::nullopt;
  }
  parts.port = port;
  return parts;
}

int bound_port(int fd) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length);
  return bound.ss_family == AF_INET6 ? ntohs(reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port)
                                     : ntohs(reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

bool somebody_listens(const sockaddr_un& name) {
  const Descriptor probe(::socket(AF_UNIX, kSocketType, 0));
  // A full backlog (EAGAIN) is a listener's, too.
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 ||
         errno == EAGAIN;
}

}  // namespace

Listener::Result Listener::tcp(const std::string& address) {
  const auto parts = split(address);
  if (!parts) {
    return failure("cannot listen on \"" + address +
                   "\": write HOST:PORT, such as 127.0.0.1:9911 or [::1]:9911");
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int lookup = getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found);
  if (lookup != 0) {
    return failure("cannot listen on " + address + ": " + gai_strerror(lookup) +
                   "; use an address of this machine");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, freeaddrinfo);

  Descriptor socket(::socket(found->ai_family, kSocketType, 0));
  if (!socket) return failure("cannot open a socket for " + address + ": " + cause(errno));
  // Not SO_REUSEPORT, under which a second process would silently take half of the requests.
  const int yes = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    const int error = errno;
    std::string text = "cannot listen on " + address + ": " + cause(error);
    if (error == EADDRINUSE) {
      text +=
          "; another program (perhaps another ebbgate) listens there: stop it, or set `listen` "
          "to another port";
    } else if (error == EACCES) {
      text += "; set `listen` to a port of 1024 or above";
    } else if (error == EADDRNOTAVAIL) {
      text += "; set `listen` to an address of this machine";
    }
    return failure(std::move(text));
  }
  const int port = bound_port(socket.get());
  const std::string host = found->ai_family == AF_INET6 ? "[" + parts->host + "]" : parts->host;
  return {std::unique_ptr<Listener>(
              new Listener(std::move(socket), port, host + ":" + std::to_string(port))),
          ""};
}

std::string Listener::obstacle(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : path.substr(0, slash);
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return "its folder " + folder + " does not exist; create it, or set another path";
    }
    return "its folder " + folder + " cannot be looked at (" + cause(errno) +
           "); let the user whom Ebbgate runs as enter it, or set another path";
  }
  if (!S_ISDIR(status.st_mode)) {
    return "its folder " + folder + " is no folder; set another path";
  }
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return "its folder " + folder + " cannot be written (" + cause(errno) +
           "); let the user whom Ebbgate runs as write there, or set another path";
  }
  if (::lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
    return path + ": something that is no socket has that name; remove it, or set another path";
  }
  return "";
}

Listener::Result Listener::unix_socket(const std::string& path) {
  const std::string prefix = "cannot open the socket " + path + ": ";
  // Bound and made ready under a name of its own first, so that the true name never shows a socket
  // that is not ready, and a stale one is replaced in one step.
  const std::string newborn = path + "." + std::to_string(::getpid());
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  sockaddr_un newborn_name = name;
  if (newborn.size() >= sizeof name.sun_path) {
    return failure(prefix + "its path is longer than " + std::to_string(sizeof name.sun_path - 12) +
                   " bytes; choose a shorter one");
  }
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  std::memcpy(newborn_name.sun_path, newborn.c_str(), newborn.size() + 1);

  struct stat existing {};
  if (::lstat(path.c_str(), &existing) == 0) {
    if (!S_ISSOCK(existing.st_mode)) {
      return failure(prefix + "something that is no socket has that name; choose another one");
    }
    if (somebody_listens(name)) {
      return failure(prefix + "another process listens there; stop it, or choose another path");
    }
  }

  Descriptor socket(::socket(AF_UNIX, kSocketType, 0));
  if (!socket) return failure(prefix + cause(errno));
  ::unlink(newborn.c_str());
  // On Linux the file is born with the mode of the socket, whatever the umask allows beyond it.
  struct stat born {};
  if (::fchmod(socket.get(), S_IRUSR | S_IWUSR) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&newborn_name), sizeof newborn_name) !=
          0 ||
      ::lstat(newborn.c_str(), &born) != 0 || ::listen(socket.get(), kBacklog) != 0 ||
      ::rename(newborn.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(newborn.c_str());
    return failure(prefix + cause(error) + "; its folder must exist and be writable");
  }
  Result result{std::unique_ptr<Listener>(new Listener(std::move(socket), 0, path)), ""};
  result.listener->owns_path_ = true;
  result.listener->device_ = born.st_dev;
  result.listener->inode_ = born.st_ino;
  return result;
}

Listener::~Listener() {
  struct stat existing {};
  if (owns_path_ && ::lstat(address_.c_str(), &existing) == 0 && existing.st_dev == device_ &&
      existing.st_ino == inode_) {
    ::unlink(address_.c_str());
  }
}

}  // namespace ebbgate::metrics
