#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/secret_search.h"
#include "controller/kubernetes/credentials.h"

namespace ebbgate::kubernetes {

/// A program that gives credentials, as a kubeconfig's user names it.
struct ExecPlugin {
  std::string api_version;  ///< client.authentication.k8s.io/v1 or …/v1beta1
  std::string command;      ///< looked for along PATH, or a path
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string install_hint;  ///< what to do where it is missing

  bool provide_cluster_info = false;
  std::string server;
  std::string tls_server_name;
  std::string ca_pem;
  bool insecure = false;
};

/// What such a program gave.
struct ExecCredential {
  Credential credential;
  std::optional<WallTime> expires;
};

/// Reads what a plugin printed; returns what is wrong with it.
std::variant<ExecCredential, std::string> parse_exec_credential(const ExecPlugin& plugin,
                                                                const std::string& output);

/// Asks a plugin when credentials are first needed, shortly before they expire, and after the
/// server did not accept them: never more than one at a time, and not again within a few seconds of
/// a failure.
class ExecCredentials final : public CredentialSource {
 public:
  static constexpr Duration kDeadline = std::chrono::seconds(30);
  static constexpr Duration kPauseAfterFailure = std::chrono::seconds(5);
  /// How long before they expire they are asked for anew.
  static constexpr Duration kEarly = std::chrono::seconds(30);

  ExecCredentials(ExecPlugin plugin, const Clock& clock)
      : plugin_(std::move(plugin)), clock_(clock) {}

  Credential get(const net::Waiter& waiter, BootTime deadline) override EBBGATE_EXCLUDES(mutex_);
  void rejected(const Credential& used) override EBBGATE_EXCLUDES(mutex_);

 private:
  Credential ask(const net::Waiter& waiter);
  SecretSearch secrets_of_plugin() const;

  const ExecPlugin plugin_;
  const Clock& clock_;
  Mutex mutex_;
  Condition changed_;
  bool asking_ EBBGATE_GUARDED_BY(mutex_) = false;
  std::optional<Credential> current_ EBBGATE_GUARDED_BY(mutex_);
  std::optional<BootTime> valid_until_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate::kubernetes
