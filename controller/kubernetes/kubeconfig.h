#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "controller/kubernetes/exec_plugin.h"
#include "controller/kubernetes/file_credentials.h"

namespace ebbgate::kubernetes {

struct KubeconfigCluster {
  std::string server;
  std::string ca_pem;   ///< of certificate-authority-data; it goes before the file
  std::string ca_file;  ///< absolute, or relative to this process's folder
  std::string tls_server_name;
  bool insecure = false;
  bool has_proxy = false;
};

struct KubeconfigUser {
  CredentialFiles files;
  std::optional<ExecPlugin> exec;
  std::string unsupported;  ///< why this user cannot be served, and what to do
};

struct KubeconfigContext {
  std::string cluster;
  std::string user;
  std::string namespace_name;
};

/// What one kubeconfig file says, or several merged.
struct Kubeconfig {
  std::string current_context;
  std::map<std::string, KubeconfigCluster> clusters;
  std::map<std::string, KubeconfigUser> users;
  std::map<std::string, KubeconfigContext> contexts;

  /// What is here already stays.
  void merge(Kubeconfig other);
};

/// Reads a kubeconfig in YAML or JSON. Relative paths in it are relative to `folder`. Returns what
/// is wrong, without quoting it.
std::variant<Kubeconfig, std::string> parse_kubeconfig(const std::string& text,
                                                       const std::string& folder);

}  // namespace ebbgate::kubernetes
