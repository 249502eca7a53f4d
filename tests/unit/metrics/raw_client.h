#pragma once

#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace ebbgate::metrics::test {

/// A client that sends bytes as it likes. Waits for at most 30 s, then throws.
class RawClient {
 public:
  /// 127.0.0.1.
  explicit RawClient(int port);
  explicit RawClient(const std::string& unix_socket_path);

  /// false: the server closed.
  bool send(std::string_view bytes);
  /// Waits until the server's system has all that was sent, whether or not the server read it.
  void wait_until_arrived();
  void half_close();
  /// The next bytes, so many; fewer at the end of the connection.
  std::string read(std::size_t size);
  /// Everything up to the end of the connection, however it ends.
  std::string read_all();
  bool ended_by_reset() const { return reset_; }
  int fd() const { return socket_.get(); }

 private:
  Descriptor socket_;
  bool reset_ = false;
};

/// The status of a reply's text; 0: there is none.
int status_of(const std::string& reply);
std::string body_of(const std::string& reply);
/// Empty when there is none.
std::string header_of(const std::string& reply, const std::string& name);

/// One request with nothing but a Host header; the reply's text.
std::string fetch(int port, const std::string& target, const std::string& method = "GET",
                  const std::string& more_headers = "");

}  // namespace ebbgate::metrics::test
