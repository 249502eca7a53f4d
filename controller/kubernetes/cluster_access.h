#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "controller/kubernetes/credentials.h"
#include "controller/kubernetes/http_connection.h"
#include "controller/kubernetes/server_url.h"

namespace ebbgate::kubernetes {

/// Where the API server is, and who we are.
struct ClusterAccess {
  ServerUrl server;
  std::string ca_pem;           ///< empty: the system's authorities
  std::string tls_server_name;  ///< empty: the server's host
  bool insecure = false;        ///< the server's certificate is not verified
  std::shared_ptr<CredentialSource> credentials;
  std::string default_namespace;      ///< of the pod or the context; otherwise `default`
  std::string name;                   ///< of the cluster, for people: its context and server
  std::string origin;                 ///< one line: where all this comes from
  std::vector<std::string> warnings;  ///< for the log
};

/// Where to look for it.
struct AccessPlaces {
  std::string kubeconfig;  ///< the setting; empty: not set
  std::string context;     ///< the setting; empty: the kubeconfig's own
  /// An environment variable's value; empty: not set.
  std::function<std::string(const std::string&)> environment;
  std::string home;  ///< the user's folder; empty: none
  std::string service_account_folder = "/var/run/secrets/kubernetes.io/serviceaccount";
};

/// The first that serves of: the kubeconfig setting, the pod's own service account (unless a
/// context is set), $KUBECONFIG (a list; of each name the first counts), ~/.kube/config. Returns
/// every place that was tried and why it did not serve. `clock` must outlive the credentials.
std::variant<ClusterAccess, std::string> resolve_cluster_access(const AccessPlaces& places,
                                                                const Clock& clock);

/// What connections need of it; or what is wrong with its certificate authority.
std::variant<HttpConnector::Target, std::string> connection_target(const ClusterAccess& access);

}  // namespace ebbgate::kubernetes
