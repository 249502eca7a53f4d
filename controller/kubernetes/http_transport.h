#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <httplib.h>

#include "controller/kubernetes/byte_stream.h"
#include "controller/kubernetes/connection.h"
#include "controller/kubernetes/server_url.h"
#include "controller/kubernetes/tls.h"
#include "controller/kubernetes/waiter.h"

namespace ebbgate::kubernetes {

/// HTTP over one kept-alive connection. httplib speaks it, but over bytes of our own: its limits
/// are per read, it cannot be told to stop from another thread, it takes the end of a TLS session
/// for an answer and gives every client a TLS context of its own. One thread.
class HttpTransport final : private httplib::ClientImpl {
 public:
  /// `tls` is null for plain http.
  HttpTransport(ServerUrl server, std::shared_ptr<const Tls> tls, const Waiter& waiter);
  ~HttpTransport() override;

  /// What a streaming request hands its body to.
  struct Streaming {
    Duration silence = Duration::zero();
    const Connection::Receive* receive = nullptr;
    std::function<void(int status)> answered;  ///< with the head's status
  };
  struct Exchange {
    enum class End { whole, refused_by_receiver, not_sent, broken };
    End end = End::not_sent;
    httplib::Response response;
    std::string failure;  ///< why it is not whole
  };

  /// Sends `request` once; connects before where there is no connection, where it is stale, and
  /// where it belongs to another certificate. With `streaming`, a 2xx body goes there.
  Exchange exchange(const httplib::Request& request,
                    const std::shared_ptr<const ClientCertificate>& certificate, BootTime deadline,
                    const Streaming* streaming);

 private:
  class Stream;

  bool create_and_connect_socket(Socket& socket, httplib::Error& error) override;
  void shutdown_ssl(Socket& socket, bool gracefully) override;
  bool process_socket(const Socket& socket, std::function<bool(httplib::Stream&)> use) override;
  bool is_ssl() const override { return false; }

  Exchange attempt(const httplib::Request& request, BootTime deadline, const Streaming* streaming);

  const ServerUrl server_;
  const std::shared_ptr<const Tls> tls_;
  const Waiter& waiter_;
  ByteStream bytes_;
  std::shared_ptr<const ClientCertificate> certificate_;
  BootTime deadline_ = BootTime::max();
  std::string connect_error_;
};

}  // namespace ebbgate::kubernetes
