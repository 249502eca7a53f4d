#pragma once

#include <memory>
#include <string>
#include <variant>

#include "controller/kubernetes/connection.h"
#include "controller/kubernetes/credentials.h"
#include "controller/kubernetes/server_url.h"

#include "net/tls.h"

namespace ebbgate::kubernetes {

/// Connections to one API server. Any thread. The process ignores SIGPIPE.
class HttpConnector final : public Connector {
 public:
  struct Target {
    ServerUrl server;
    std::shared_ptr<const net::Tls> tls;  ///< null for plain http
    std::shared_ptr<CredentialSource> credentials;
    std::string origin;  ///< what says so, for errors: the kubeconfig file and context
  };

  /// `observer` may be null, and must outlive every connection.
  HttpConnector(Target target, RequestObserver* observer)
      : target_(std::move(target)), observer_(observer) {}

  /// Connects with the first request, not here. Throws std::system_error where the process has no
  /// descriptors left.
  std::unique_ptr<Connection> connect() override;

 private:
  const Target target_;
  RequestObserver* const observer_;
};

}  // namespace ebbgate::kubernetes
