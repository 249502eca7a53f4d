#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/descriptor.h"

#include "net/failure.h"
#include "net/tls.h"
#include "net/waiter.h"

namespace ebbgate::net {

/// Bytes to and from a server, over TLS or not, each operation within a limit of the caller's.
/// What is written leaves with the next read, so that a request is one packet where it fits.
/// One thread, but for the Waiter.
class ByteStream final {
 public:
  explicit ByteStream(const Waiter& waiter) : waiter_(waiter) {}
  ~ByteStream() { close(); }
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// Takes over a connection; `session` may be null.
  void open(Descriptor socket, TlsSession session);
  void close();
  bool is_open() const { return static_cast<bool>(socket_); }
  int socket() const { return socket_.get(); }
  /// Whether the other side closed the connection, or sent what nobody asked for.
  bool is_stale() const;

  /// For what follows: until `deadline`, or, where `silence` is not zero, as long as no pause in
  /// reading is longer than that.
  void limit(BootTime deadline, Duration silence);
  /// Counts sent() from here, and forgets an earlier failure.
  void begin_request();
  /// How many bytes of the request left; with TLS, how many it became.
  std::uint64_t sent() const { return sent_; }
  /// Why reading or writing failed.
  const std::optional<Failure>& failure() const { return failure_; }
  bool interrupted() const { return waiter_.interrupted(); }

  /// At least one byte; 0 at the end; -1 when it failed.
  ssize_t read(char* into, std::size_t size);
  bool write(const char* from, std::size_t size);

 private:
  bool flush();
  ssize_t read_some(char* into, std::size_t size);
  ssize_t write_some(const char* from, std::size_t size);
  /// After an operation that gave `result`: waits for what it needs. False: it failed, or ended.
  bool await(ssize_t result, bool reading, bool& ended);
  bool await_socket(short events, bool reading);
  std::uint64_t sent_ever() const;
  bool fail(Failure::Kind kind, std::string why);

  const Waiter& waiter_;
  Descriptor socket_;
  TlsSession session_;
  BootTime deadline_ = BootTime::max();
  Duration silence_ = Duration::zero();
  std::uint64_t sent_before_ = 0;
  std::uint64_t sent_plainly_ = 0;
  std::uint64_t sent_ = 0;
  std::optional<Failure> failure_;
  std::string unsent_;
  std::array<char, 4096> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace ebbgate::net
