#include "controller/kubernetes/exec_plugin.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/masking.h"
#include "base/text.h"
#include "controller/kubernetes/json_text.h"
#include "controller/kubernetes/run_program.h"

namespace ebbgate::kubernetes {
namespace {

using nlohmann::json;

std::string exec_info(const ExecPlugin& plugin) {
  json info{{"kind", "ExecCredential"},
            {"apiVersion", plugin.api_version},
            {"spec", {{"interactive", false}}}};
  if (plugin.provide_cluster_info) {
    json cluster{{"server", plugin.server}, {"config", nullptr}};
    if (!plugin.tls_server_name.empty()) cluster["tls-server-name"] = plugin.tls_server_name;
    if (plugin.insecure) cluster["insecure-skip-tls-verify"] = true;
    if (!plugin.ca_pem.empty()) {
      cluster["certificate-authority-data"] = base64_encode(plugin.ca_pem);
    }
    info["spec"]["cluster"] = std::move(cluster);
  }
  return info.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::variant<ExecCredential, std::string> parse_exec_credential(const ExecPlugin& plugin,
                                                                const std::string& output) {
  const std::string what = "what " + plugin.command + " printed ";
  const json printed = json::parse(output, nullptr, false);
  if (!printed.is_object() || text_of(printed, "kind") != "ExecCredential") {
    return what + "is no ExecCredential in JSON";
  }
  if (text_of(printed, "apiVersion") != plugin.api_version) {
    return what + "is not of the version that the kubeconfig asks for (" + plugin.api_version + ")";
  }
  const auto status = printed.find("status");
  if (status == printed.end() || !status->is_object()) return what + "has no status";
  ExecCredential result;
  result.credential.token = text_of(*status, "token");
  const net::ClientCertificate certificate{text_of(*status, "clientCertificateData"),
                                           text_of(*status, "clientKeyData")};
  if (certificate.certificate_pem.empty() != certificate.key_pem.empty()) {
    return what + "has a client certificate or a key, but not both";
  }
  if (!certificate.key_pem.empty()) {
    result.credential.certificate = std::make_shared<net::ClientCertificate>(certificate);
  }
  if (result.credential.token.empty() && !result.credential.certificate) {
    return what + "holds neither a token nor a client certificate";
  }
  const auto is_strange = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; };
  const std::string& token = result.credential.token;
  if (std::any_of(token.begin(), token.end(), is_strange)) {
    return what + "holds a token with a space or a control character";
  }
  const std::string expires = text_of(*status, "expirationTimestamp");
  if (!expires.empty()) {
    result.expires = parse_time(expires);
    if (!result.expires) return what + "has an expirationTimestamp that is no time";
  }
  return result;
}

Credential ExecCredentials::get(const net::Waiter& waiter, BootTime deadline) {
  {
    MutexLock lock(mutex_);
    // Whoever asks cannot be hurried by an interruption of another connection, so that is looked
    // for now and then.
    while (asking_) {
      if (waiter.interrupted() || BootClock::now() >= deadline) {
        return {"", nullptr, plugin_.command + " has not ended yet"};
      }
      changed_.wait_for(mutex_, std::chrono::milliseconds(50));
    }
    if (current_ && (!valid_until_ || clock_.now().boot < *valid_until_)) return *current_;
    asking_ = true;
  }
  Credential credential = ask(waiter);
  MutexLock lock(mutex_);
  asking_ = false;
  changed_.notify_all();
  // An interruption says nothing of the plugin.
  if (waiter.interrupted()) return credential;
  current_ = credential;
  return credential;
}

Credential ExecCredentials::ask(const net::Waiter& waiter) {
  ProgramCall call;
  call.arguments.push_back(plugin_.command);
  call.arguments.insert(call.arguments.end(), plugin_.arguments.begin(), plugin_.arguments.end());
  call.environment = plugin_.environment;
  call.environment.emplace_back("KUBERNETES_EXEC_INFO", exec_info(plugin_));
  call.secrets = secrets_of_plugin();
  const ProgramResult result = run_program(call, waiter, BootClock::now() + kDeadline);
  const Instant now = clock_.now();
  std::string error = call.secrets.masked(result.error);
  if (error.empty()) {
    auto parsed = parse_exec_credential(plugin_, result.output);
    if (auto* given = std::get_if<ExecCredential>(&parsed)) {
      MutexLock lock(mutex_);
      valid_until_.reset();
      if (given->expires) {
        // At least a moment, so that a wall clock that is wrong does not start it with each
        // request.
        const Duration left = *given->expires - now.wall - kEarly;
        valid_until_ = now.boot + std::max<Duration>(left, kPauseAfterFailure);
      }
      return std::move(given->credential);
    }
    error = std::get<std::string>(parsed);
  } else if (!plugin_.install_hint.empty()) {
    error += "; " + plugin_.install_hint;
  }
  MutexLock lock(mutex_);
  valid_until_ = now.boot + kPauseAfterFailure;
  return {"", nullptr, std::move(error)};
}

// What its complaints may repeat.
SecretSearch ExecCredentials::secrets_of_plugin() const {
  std::vector<std::string> secrets = secrets_of(plugin_.arguments);
  for (const auto& [name, value] : plugin_.environment) {
    if (sounds_secret(name)) secrets.push_back(value);
  }
  return SecretSearch(secrets);
}

void ExecCredentials::rejected(const Credential& used) {
  MutexLock lock(mutex_);
  if (current_ && current_->token == used.token && current_->certificate == used.certificate) {
    current_.reset();
  }
}

}  // namespace ebbgate::kubernetes
