#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <httplib.h>

#include "net/answer_reader.h"
#include "net/byte_stream.h"
#include "net/dial.h"
#include "net/failure.h"
#include "net/tls.h"
#include "net/waiter.h"

namespace ebbgate::net {

/// HTTP over one kept-alive connection. httplib speaks it, but over bytes of our own: its limits
/// are per read, it cannot be told to stop from another thread, it takes the end of a TLS session
/// for an answer and an interim answer for the last one, reads heads of any length and gives every
/// client a TLS context of its own. One thread.
class HttpTransport final : private httplib::ClientImpl {
 public:
  /// `tls` is null for plain http.
  HttpTransport(Endpoint endpoint, std::shared_ptr<const Tls> tls, const Waiter& waiter);
  ~HttpTransport() override;

  /// Gets pieces of a body as they come; false ends the request.
  using Receive = std::function<bool(std::string_view)>;
  /// What a streaming request hands its body to.
  struct Streaming {
    Duration silence = Duration::zero();
    const Receive* receive = nullptr;
    std::function<void(int status)> answered;  ///< with the head's status
  };
  /// How long a body may be. One of a 2xx that is longer ends the request as too long; one of
  /// another status is cut there, and the request is whole.
  struct Bounds {
    std::size_t body = std::size_t{16} * 1024 * 1024;
    std::size_t error_body = std::size_t{256} * 1024;
  };
  struct Exchange {
    enum class End { whole, refused_by_receiver, too_long, not_sent, broken };
    End end = End::not_sent;
    /// Its status is below 0 where no head came; its body, where it broke off, is what came of it.
    httplib::Response response;
    Failure failure;  ///< why it is not whole
  };

  /// Sends `request` once; connects before where there is no connection, where it is stale, and
  /// where it belongs to another certificate. With `streaming`, a 2xx body goes there. `deadline`
  /// is that of everything, with `streaming` of everything before a 2xx body.
  Exchange exchange(const httplib::Request& request,
                    const std::shared_ptr<const ClientCertificate>& certificate, BootTime deadline,
                    const Streaming* streaming, const Bounds& bounds);

 private:
  class Stream;

  bool create_and_connect_socket(Socket& socket, httplib::Error& error) override;
  void shutdown_ssl(Socket& socket, bool gracefully) override;
  bool process_socket(const Socket& socket, std::function<bool(httplib::Stream&)> use) override;
  bool is_ssl() const override { return false; }

  Failure why_no_answer() const;
  Exchange attempt(const httplib::Request& request, BootTime deadline, const Streaming* streaming,
                   const Bounds& bounds);

  const Endpoint endpoint_;
  const std::shared_ptr<const Tls> tls_;
  const Waiter& waiter_;
  ByteStream bytes_;
  std::shared_ptr<const ClientCertificate> certificate_;
  BootTime deadline_ = BootTime::max();
  std::optional<Failure> connect_failure_;
  AnswerReader* reader_ = nullptr;  // of the answer that is being read
  // Of the last one that was read:
  bool passed_bound_ = false;
  AnswerReader::Beginning beginning_ = AnswerReader::Beginning::nothing;
};

}  // namespace ebbgate::net
