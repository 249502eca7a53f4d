#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/descriptor.h"

namespace ebbgate::metrics {

/// A listening socket, non-blocking and close-on-exec. Closed with this object, and a Unix socket's
/// file removed if it is still this one's.
class Listener final {
 public:
  /// Exactly one of both is set.
  struct Result {
    std::unique_ptr<Listener> listener;
    std::string error;  ///< what is wrong and what to do
  };

  /// `address` is HOST:PORT; an IPv6 host stands in brackets; port 0 takes a free one. A port that
  /// another process listens on is an error, whatever options that process set.
  static Result tcp(const std::string& address);
  /// A socket of mode 0600 from the moment that its name exists. The file of a process that died is
  /// replaced; one that somebody listens on, or that is no socket, is an error.
  static Result unix_socket(const std::string& path);

  /// What would keep unix_socket() from listening, as far as the file system shows it: what is
  /// wrong and what to do; empty: nothing. Changes nothing, and does not ask whether somebody
  /// listens.
  static std::string obstacle(const std::string& path);

  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  int fd() const { return socket_.get(); }
  /// The port as bound; 0 for a Unix socket.
  int port() const { return port_; }
  /// As bound: `127.0.0.1:38211`, `[::1]:9911`, or the path.
  const std::string& address() const { return address_; }

 private:
  Listener(Descriptor socket, int port, std::string address)
      : socket_(std::move(socket)), port_(port), address_(std::move(address)) {}

  Descriptor socket_;
  int port_;
  std::string address_;
  bool owns_path_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace ebbgate::metrics
