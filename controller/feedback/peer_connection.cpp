#include "controller/feedback/peer_connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "controller/feedback/socket_file.h"

namespace ebbgate::feedback {

namespace {

using namespace std::chrono_literals;

// Nothing ends a connect() that waits for room in the backlog but its own time.
constexpr Duration kDialSlice = 100ms;
constexpr char kNewline = '\n';

void set_timeout(int socket, int option, Duration timeout) {
  using std::chrono::microseconds;
  // None at all would be meant by 0.
  const auto count = std::max(std::chrono::ceil<microseconds>(timeout), microseconds(1)).count();
  const timeval value{count / 1'000'000, count % 1'000'000};
  ::setsockopt(socket, SOL_SOCKET, option, &value, sizeof value);
}

}  // namespace

Ending PeerConnection::end(Ending ending, std::string problem) {
  problem_ = std::move(problem);
  return ending;
}

PeerConnection::Dialled PeerConnection::dial(const PeerSettings& settings) {
  write_timeout_ = settings.write_timeout;
  ack_timeout_ = settings.ack_timeout;
  reader_.clear();
  problem_ = socket_file_problem(settings);
  if (!problem_.empty()) return Dialled::refused;
  const BootTime deadline = BootClock::now() + settings.dial_timeout;
  const Dialled dialled = connect(settings, deadline);
  if (dialled == Dialled::connected) {
    problem_ = listener_problem(settings, socket_.get());
    if (problem_.empty()) return dialled;
    close();
    return Dialled::refused;
  }
  close();
  return dialled;
}

PeerConnection::Dialled PeerConnection::connect(const PeerSettings& settings, BootTime deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (settings.socket.size() >= sizeof address.sun_path) {
    problem_ = settings.socket + " is longer than the path of a socket can be";
    return Dialled::refused;
  }
  std::memcpy(address.sun_path, settings.socket.data(), settings.socket.size());
  while (!interrupted_) {
    const Duration left = deadline - BootClock::now();
    if (left <= 0s) {
      problem_ = settings.socket + ": the connection was not accepted within " +
                 format_duration(settings.dial_timeout);
      return Dialled::late;
    }
    close();
    {
      const MutexLock lock(mutex_);
      socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    }
    if (!socket_) {
      problem_ = std::string("no socket is to be had: ") + std::strerror(errno);
      return Dialled::refused;
    }
    set_timeout(socket_.get(), SO_SNDTIMEO, std::min(left, kDialSlice));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(socket_.get(), generic, sizeof address) == 0) {
      set_timeout(socket_.get(), SO_RCVTIMEO, ack_timeout_);
      return Dialled::connected;
    }
    const int error = errno;
    if (error == EAGAIN || error == EINTR) continue;
    problem_ = error == ECONNREFUSED ? "nobody listens on " + settings.socket
                                     : settings.socket + ": " + std::strerror(error);
    return Dialled::refused;
  }
  problem_ = "interrupted";
  return Dialled::interrupted;
}

PeerConnection::Exchanged PeerConnection::exchange(std::string_view line) {
  if (const auto ending = send(line)) return {ending, {}};
  const BootTime deadline = BootClock::now() + ack_timeout_;
  while (true) {
    if (const auto answer = reader_.next()) return {std::nullopt, *answer};
    if (reader_.overlong()) {
      return {end(Ending::overlong, "an answer of more than " + std::to_string(kLongestAnswer) +
                                        " bytes without a newline"),
              {}};
    }
    if (const auto ending = receive(deadline)) return {ending, {}};
  }
}

std::optional<Ending> PeerConnection::send(std::string_view line) {
  // The kernel does not write to what it sends.
  std::array<iovec, 2> parts{iovec{const_cast<char*>(line.data()), line.size()},
                             iovec{const_cast<char*>(&kNewline), 1}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent == static_cast<ssize_t>(line.size() + 1)) return std::nullopt;
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return received(-1, errno);
  return send_rest(line, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
}

std::optional<Ending> PeerConnection::send_rest(std::string_view line, std::size_t sent) {
  const BootTime deadline = BootClock::now() + write_timeout_;
  while (sent <= line.size()) {
    if (!wait(POLLOUT, deadline)) {
      if (interrupted_) return end(Ending::stopped, "interrupted");
      return end(Ending::timeout,
                 "the peer did not read a message within " + format_duration(write_timeout_));
    }
    const bool newline_left = sent == line.size();
    const char* const from = newline_left ? &kNewline : line.data() + sent;
    const std::size_t count = newline_left ? 1 : line.size() - sent;
    const ssize_t more = ::send(socket_.get(), from, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (more >= 0) {
      sent += static_cast<std::size_t>(more);
    } else if (errno != EAGAIN && errno != EINTR) {
      return received(-1, errno);
    }
  }
  return std::nullopt;
}

// The socket's own time limit counts for the first piece of an answer, which mostly is all of it.
std::optional<Ending> PeerConnection::receive(BootTime deadline) {
  const bool first = reader_.empty();
  const auto room = reader_.room();
  if (!first && !wait(POLLIN, deadline)) {
    if (interrupted_) return end(Ending::stopped, "interrupted");
    return received(-1, EAGAIN);
  }
  const ssize_t got = ::recv(socket_.get(), room.data(), room.size(), first ? 0 : MSG_DONTWAIT);
  if (got > 0) {
    reader_.filled(static_cast<std::size_t>(got));
    return std::nullopt;
  }
  const int error = got < 0 ? errno : 0;
  if (error == EINTR || (error == EAGAIN && !first)) return std::nullopt;
  return received(got, error);
}

std::optional<Ending> PeerConnection::received(long got, int error) {
  if (interrupted_) return end(Ending::stopped, "interrupted");
  if (got == 0 || error == EPIPE || error == ECONNRESET) {
    return end(Ending::closed, "closed by the peer");
  }
  if (error == EAGAIN) {
    return end(Ending::timeout, "no answer within " + format_duration(ack_timeout_));
  }
  return end(Ending::failed, std::strerror(error));
}

std::optional<Ending> PeerConnection::look() {
  char byte = 0;
  const ssize_t got = has_more() ? 1 : ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT);
  if (got > 0) return end(Ending::unasked, "the peer answers what nobody asked");
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  return received(got, got < 0 ? errno : 0);
}

bool PeerConnection::wait(short events, BootTime deadline) const {
  while (!interrupted_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - BootClock::now());
    if (left <= 0s) return false;
    pollfd polled{socket_.get(), events, 0};
    const auto timeout = std::min<std::chrono::milliseconds>(left, 1h);
    if (::poll(&polled, 1, static_cast<int>(timeout.count())) > 0) return !interrupted_;
  }
  return false;
}

void PeerConnection::close() {
  const MutexLock lock(mutex_);
  socket_.reset();
}

void PeerConnection::interrupt() {
  interrupted_ = true;
  const MutexLock lock(mutex_);
  if (socket_) ::shutdown(socket_.get(), SHUT_RDWR);
}

}  // namespace ebbgate::feedback
