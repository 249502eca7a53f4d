#include "controller/kubernetes/kubeconfig.h"

#include <stdexcept>

#include <yaml-cpp/yaml.h>

#include "base/base64.h"

namespace ebbgate::kubernetes {
namespace {

// Why a kubeconfig cannot be used; thrown and caught in this file.
struct Misfit : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string text_of(const YAML::Node& map, const char* key) {
  const YAML::Node value = map[key];
  if (!value || value.IsNull()) return "";
  if (!value.IsScalar()) throw Misfit(std::string(key) + " must be a text");
  return value.Scalar();
}

bool flag_of(const YAML::Node& map, const char* key) {
  const std::string text = text_of(map, key);
  if (text.empty() || text == "false") return false;
  if (text == "true") return true;
  throw Misfit(std::string(key) + " must be true or false");
}

std::string decoded(const YAML::Node& map, const char* key) {
  auto decoded = base64_decode(text_of(map, key));
  if (!decoded) throw Misfit(std::string(key) + " is not base64");
  return *decoded;
}

YAML::Node map_at(const YAML::Node& parent, const char* key) {
  const YAML::Node map = parent[key];
  if (!map || map.IsNull()) return YAML::Node(YAML::NodeType::Map);
  if (!map.IsMap()) throw Misfit(std::string(key) + " must be a map");
  return map;
}

std::string path_of(const YAML::Node& map, const char* key, const std::string& folder) {
  const std::string path = text_of(map, key);
  return path.empty() || path.front() == '/' ? path : folder + "/" + path;
}

KubeconfigCluster cluster_of(const YAML::Node& map, const std::string& folder) {
  KubeconfigCluster cluster;
  cluster.server = text_of(map, "server");
  cluster.ca_pem = decoded(map, "certificate-authority-data");
  cluster.ca_file = path_of(map, "certificate-authority", folder);
  cluster.tls_server_name = text_of(map, "tls-server-name");
  cluster.insecure = flag_of(map, "insecure-skip-tls-verify");
  cluster.has_proxy = !text_of(map, "proxy-url").empty();
  return cluster;
}

ExecPlugin plugin_of(const YAML::Node& map, const std::string& folder) {
  ExecPlugin plugin;
  plugin.api_version = text_of(map, "apiVersion");
  if (plugin.api_version != "client.authentication.k8s.io/v1" &&
      plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    throw Misfit("exec.apiVersion must be client.authentication.k8s.io/v1 or …/v1beta1");
  }
  plugin.command = text_of(map, "command");
  if (plugin.command.empty()) throw Misfit("exec.command is missing");
  const bool is_path = plugin.command.find('/') != std::string::npos;
  if (is_path) plugin.command = path_of(map, "command", folder);
  for (const YAML::Node& argument : map["args"]) plugin.arguments.push_back(argument.Scalar());
  for (const YAML::Node& variable : map["env"]) {
    plugin.environment.emplace_back(text_of(variable, "name"), text_of(variable, "value"));
  }
  plugin.install_hint = text_of(map, "installHint");
  plugin.provide_cluster_info = flag_of(map, "provideClusterInfo");
  if (text_of(map, "interactiveMode") == "Always") {
    throw Misfit("exec.interactiveMode is Always, but nobody can answer its questions here");
  }
  return plugin;
}

std::string unsupported_in(const YAML::Node& map) {
  if (map["auth-provider"]) {
    return "auth-provider is not supported (Kubernetes has dropped it too): use an exec plugin or "
           "a token";
  }
  if (map["as"] || map["as-uid"] || map["as-groups"] || map["as-user-extra"]) {
    return "impersonation (as, as-groups) is not supported: use a user of its own, with the rights "
           "that it needs";
  }
  if (!text_of(map, "username").empty() || !text_of(map, "password").empty()) {
    return "username and password are not supported (API servers take none any more): use a token, "
           "a client certificate or an exec plugin";
  }
  return "";
}

KubeconfigUser user_of(const YAML::Node& map, const std::string& folder) {
  KubeconfigUser user;
  user.unsupported = unsupported_in(map);
  user.files.token_file = path_of(map, "tokenFile", folder);
  if (user.files.token_file.empty()) user.files.token = text_of(map, "token");
  user.files.certificate_pem = decoded(map, "client-certificate-data");
  user.files.certificate_file = path_of(map, "client-certificate", folder);
  user.files.key_pem = decoded(map, "client-key-data");
  user.files.key_file = path_of(map, "client-key", folder);
  const bool has_certificate = !(user.files.certificate_pem + user.files.certificate_file).empty();
  const bool has_key = !(user.files.key_pem + user.files.key_file).empty();
  if (has_certificate != has_key) throw Misfit("a client certificate needs its key, and it alone");
  if (map["exec"] && !map["exec"].IsNull()) user.exec = plugin_of(map_at(map, "exec"), folder);
  return user;
}

KubeconfigContext context_of(const YAML::Node& map, const std::string&) {
  return {text_of(map, "cluster"), text_of(map, "user"), text_of(map, "namespace")};
}

template <class Entry>
void read_entries(const YAML::Node& root, const char* list, const char* key,
                  const std::string& folder, Entry read(const YAML::Node&, const std::string&),
                  std::map<std::string, Entry>& into) {
  const YAML::Node entries = root[list];
  if (!entries || entries.IsNull()) return;
  if (!entries.IsSequence()) throw Misfit(std::string(list) + " must be a list");
  for (const YAML::Node& entry : entries) {
    if (!entry.IsMap()) throw Misfit(std::string(list) + " must be a list of maps");
    const std::string name = text_of(entry, "name");
    try {
      into.emplace(name, read(map_at(entry, key), folder));
    } catch (const Misfit& misfit) {
      throw Misfit(std::string(key) + " " + name + ": " + misfit.what());
    }
  }
}

}  // namespace

void Kubeconfig::merge(Kubeconfig other) {
  if (current_context.empty()) current_context = other.current_context;
  clusters.merge(other.clusters);
  users.merge(other.users);
  contexts.merge(other.contexts);
}

std::variant<Kubeconfig, std::string> parse_kubeconfig(const std::string& text,
                                                       const std::string& folder) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return Kubeconfig();
    if (!root.IsMap())
      return "it is no kubeconfig: it must be a map with clusters, users, contexts";
    Kubeconfig config;
    config.current_context = text_of(root, "current-context");
    read_entries(root, "clusters", "cluster", folder, cluster_of, config.clusters);
    read_entries(root, "users", "user", folder, user_of, config.users);
    read_entries(root, "contexts", "context", folder, context_of, config.contexts);
    return config;
  } catch (const Misfit& misfit) {
    return misfit.what();
  } catch (const YAML::Exception& error) {
    return "line " + std::to_string(error.mark.line + 1) + ": " + error.msg;
  }
}

}  // namespace ebbgate::kubernetes
