#include "tests/unit/feedback/socket_support.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "base/clock.h"

namespace ebbgate::feedback::testing {

namespace {

using namespace std::chrono_literals;

constexpr int kPatienceMilliseconds = 60'000;

void wait_for(int descriptor, short events) {
  pollfd polled{descriptor, events, 0};
  if (::poll(&polled, 1, kPatienceMilliseconds) <= 0) throw std::runtime_error("nothing came");
}

}  // namespace

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "ebbgate-XXXXXX").string();
  path_ = ::mkdtemp(name.data());
}

Folder::~Folder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string Accepted::read_line() {
  std::array<char, 65536> buffer;
  while (true) {
    if (const std::size_t newline = read_.find('\n'); newline != read_.npos) {
      std::string line = read_.substr(0, newline);
      read_.erase(0, newline + 1);
      return line;
    }
    wait_for(socket_.get(), POLLIN);
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return {};
    read_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

bool Accepted::write(std::string_view bytes) {
  while (!bytes.empty()) {
    wait_for(socket_.get(), POLLOUT);
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

Listener::Listener(std::string path, int backlog)
    : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) throw std::runtime_error("a long path");
  std::memcpy(address.sun_path, path_.data(), path_.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(socket_.get(), generic, sizeof address) != 0 ||
      ::listen(socket_.get(), backlog) != 0) {
    throw std::runtime_error(std::string("bind: ") + std::strerror(errno));
  }
}

Listener::~Listener() {
  std::error_code error;
  std::filesystem::remove(path_, error);
}

Accepted Listener::accept() {
  wait_for(socket_.get(), POLLIN);
  return Accepted(Descriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
}

bool Listener::is_dialled() const {
  pollfd polled{socket_.get(), POLLIN, 0};
  return ::poll(&polled, 1, 0) > 0;
}

bool comes_true(const std::function<bool()>& condition) {
  const BootTime end = BootClock::now() + 60s;
  while (!condition()) {
    if (BootClock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

}  // namespace ebbgate::feedback::testing
