#include "net/byte_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/text.h"

namespace ebbgate::net {
namespace {

constexpr std::size_t kMostUnsent = std::size_t{16} * 1024;

}  // namespace

void ByteStream::open(Descriptor socket, TlsSession session) {
  socket_ = std::move(socket);
  session_ = std::move(session);
  begin_ = end_ = 0;
  sent_plainly_ = 0;
  unsent_.clear();
  begin_request();
}

void ByteStream::close() {
  if (session_ && !failure_) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
  }
  session_.reset();
  socket_.reset();
}

bool ByteStream::is_stale() const {
  // Between answers nothing may come: also a TLS session's tickets came before the first one.
  pollfd readable{socket_.get(), POLLIN, 0};
  return begin_ != end_ || poll(&readable, 1, 0) != 0;
}

void ByteStream::limit(BootTime deadline, Duration silence) {
  deadline_ = deadline;
  silence_ = silence;
}

void ByteStream::begin_request() {
  failure_.reset();
  unsent_.clear();
  sent_before_ = sent_ever();
  sent_ = 0;
}

std::uint64_t ByteStream::sent_ever() const {
  return session_ ? BIO_number_written(SSL_get_wbio(session_.get())) : sent_plainly_;
}

ssize_t ByteStream::read(char* into, std::size_t size) {
  if (!flush()) return -1;
  if (begin_ == end_ && size >= buffer_.size()) return read_some(into, size);
  if (begin_ == end_) {
    const ssize_t count = read_some(buffer_.data(), buffer_.size());
    if (count <= 0) return count;
    begin_ = 0;
    end_ = static_cast<std::size_t>(count);
  }
  const std::size_t taken = std::min(size, end_ - begin_);
  std::memcpy(into, buffer_.data() + begin_, taken);
  begin_ += taken;
  return static_cast<ssize_t>(taken);
}

bool ByteStream::write(const char* from, std::size_t size) {
  unsent_.append(from, size);
  return unsent_.size() < kMostUnsent || flush();
}

bool ByteStream::flush() {
  std::size_t done = 0;
  while (done < unsent_.size()) {
    const ssize_t count = write_some(unsent_.data() + done, unsent_.size() - done);
    if (count < 0) return false;
    done += static_cast<std::size_t>(count);
  }
  unsent_.clear();
  if (unsent_.capacity() > kMostUnsent) unsent_.shrink_to_fit();
  return true;
}

ssize_t ByteStream::read_some(char* into, std::size_t size) {
  // A server that sends without a pause never makes us wait.
  if (silence_ == Duration::zero() && BootClock::now() >= deadline_) {
    fail(Failure::Kind::late, "it took longer than its deadline");
    return -1;
  }
  while (true) {
    ERR_clear_error();
    const ssize_t count = session_
                              ? SSL_read(session_.get(), into,
                                         static_cast<int>(std::min<std::size_t>(size, 1u << 30)))
                              : ::recv(socket_.get(), into, size, 0);
    if (count > 0) return count;
    bool ended = false;
    if (!await(count, true, ended)) return ended ? 0 : -1;
  }
}

ssize_t ByteStream::write_some(const char* from, std::size_t size) {
  while (true) {
    ERR_clear_error();
    const ssize_t count = session_ ? SSL_write(session_.get(), from, static_cast<int>(size))
                                   : ::send(socket_.get(), from, size, MSG_NOSIGNAL);
    const int number = errno;
    if (count > 0 && !session_) sent_plainly_ += static_cast<std::uint64_t>(count);
    // Also where it failed: a part of a TLS record may have left.
    sent_ = sent_ever() - sent_before_;
    if (count > 0) return count;
    errno = number;
    bool ended = false;
    if (!await(count, false, ended)) return -1;
  }
}

bool ByteStream::await(ssize_t result, bool reading, bool& ended) {
  if (!session_) {
    if (result < 0 && errno == EAGAIN) {
      return await_socket(reading ? POLLIN : POLLOUT, reading);
    }
    if (result < 0 && errno == EINTR) return true;
    ended = result == 0;
    return fail(Failure::Kind::broken,
                ended ? "the server closed the connection" : std::strerror(errno));
  }
  const int number = errno;
  switch (SSL_get_error(session_.get(), static_cast<int>(result))) {
    case SSL_ERROR_WANT_READ:
      return await_socket(POLLIN, reading);
    case SSL_ERROR_WANT_WRITE:
      return await_socket(POLLOUT, reading);
    case SSL_ERROR_ZERO_RETURN:
      ended = true;
      return fail(Failure::Kind::broken, "the server closed the connection");
    case SSL_ERROR_SYSCALL:
      return fail(Failure::Kind::broken,
                  number != 0 ? std::strerror(number) : "the server closed the connection");
    default:
      return fail(Failure::Kind::broken, tls_error());
  }
}

bool ByteStream::await_socket(short events, bool reading) {
  const bool by_silence = reading && silence_ > Duration::zero();
  const BootTime until = by_silence ? BootClock::now() + silence_ : deadline_;
  switch (waiter_.wait(socket_.get(), events, until)) {
    case Waiter::Result::ready:
      return true;
    case Waiter::Result::interrupted:
      return fail(Failure::Kind::interrupted, "interrupted");
    case Waiter::Result::late:
      break;
  }
  return fail(Failure::Kind::late, by_silence ? "nothing came for " + format_duration(silence_)
                                              : "it took longer than its deadline");
}

bool ByteStream::fail(Failure::Kind kind, std::string why) {
  failure_ = Failure{kind, std::move(why)};
  return false;
}

}  // namespace ebbgate::net
