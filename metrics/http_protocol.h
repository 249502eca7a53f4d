#pragma once

#include <memory>

#include "metrics/connection.h"
#include "metrics/http.h"

namespace ebbgate::metrics {

/// Answers a request that has been received: reads it, calls the handler, writes the reply.
/// Any thread, several at once.
class HttpProtocol final {
 public:
  HttpProtocol(Handler handler, ServerLimits limits);
  ~HttpProtocol();

  /// Returns once the reply is written, the client failed or its time is over.
  void serve(Connection& connection, const ClientWait& client_wait);

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

/// A whole reply as bytes, for clients that are turned away before their request is read.
std::string refusal_text(const Refusal& refusal);

}  // namespace ebbgate::metrics
