#include "controller/kubernetes/cluster_access.h"

#include <unistd.h>

#include <optional>
#include <utility>

#include "controller/kubernetes/kubeconfig.h"

namespace ebbgate::kubernetes {
namespace {

using Found = std::variant<ClusterAccess, std::string>;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

std::string names_of(const std::map<std::string, KubeconfigContext>& contexts) {
  std::string names;
  for (const auto& [name, context] : contexts) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "none" : names;
}

std::shared_ptr<CredentialSource> credentials_of(const KubeconfigUser& user,
                                                 const KubeconfigCluster& cluster,
                                                 const std::string& ca_pem, const Clock& clock) {
  if (!user.exec) return std::make_shared<FileCredentials>(user.files, clock);
  ExecPlugin plugin = *user.exec;
  plugin.server = cluster.server;
  plugin.tls_server_name = cluster.tls_server_name;
  plugin.insecure = cluster.insecure;
  plugin.ca_pem = ca_pem;
  return std::make_shared<ExecCredentials>(std::move(plugin), clock);
}

Found access_by(const Kubeconfig& config, const std::string& wanted_context,
                const std::string& where, const Clock& clock) {
  const std::string name = wanted_context.empty() ? config.current_context : wanted_context;
  if (name.empty()) {
    return where + " has no current-context: set kubernetes.context to one of its contexts (" +
           names_of(config.contexts) + ")";
  }
  const auto context = config.contexts.find(name);
  if (context == config.contexts.end()) {
    return where + " has no context " + name + "; its contexts: " + names_of(config.contexts);
  }
  const std::string here = where + ", context " + name;
  const auto cluster = config.clusters.find(context->second.cluster);
  if (cluster == config.clusters.end()) {
    return here + ": there is no cluster \"" + context->second.cluster + "\"";
  }
  KubeconfigUser user;
  if (!context->second.user.empty()) {
    const auto found = config.users.find(context->second.user);
    if (found == config.users.end()) {
      return here + ": there is no user \"" + context->second.user + "\"";
    }
    user = found->second;
  }
  if (!user.unsupported.empty()) {
    return here + ", user " + context->second.user + ": " + user.unsupported;
  }

  ClusterAccess access;
  access.origin = here;
  auto server = parse_server_url(cluster->second.server);
  if (const auto* error = std::get_if<std::string>(&server)) {
    return here + ", cluster " + context->second.cluster + ": server: " + *error;
  }
  access.server = std::get<ServerUrl>(server);
  access.name = name + " (" + access.server.authority() + ")";
  access.ca_pem = cluster->second.ca_pem;
  if (access.ca_pem.empty() && !cluster->second.ca_file.empty()) {
    std::string error;
    const auto content = read_small_file(cluster->second.ca_file, error);
    if (!content) return here + ": certificate-authority: " + error;
    access.ca_pem = *content;
  }
  access.tls_server_name = cluster->second.tls_server_name;
  access.insecure = cluster->second.insecure;
  access.default_namespace =
      context->second.namespace_name.empty() ? "default" : context->second.namespace_name;
  access.credentials = credentials_of(user, cluster->second, access.ca_pem, clock);
  if (access.insecure) {
    access.warnings.push_back(here +
                              ": insecure-skip-tls-verify is set: whoever is between can read "
                              "and change everything; set certificate-authority instead");
  }
  if (!access.server.secure) {
    access.warnings.push_back(here + ": http:// is not encrypted; use it for tests only");
  }
  if (cluster->second.has_proxy) {
    access.warnings.push_back(here + ": proxy-url is not supported and has no effect");
  }
  return access;
}

// Of several files those that are missing are passed over, as kubectl does.
Found access_by_files(const std::vector<std::string>& files, const std::string& context,
                      const std::string& why, bool may_be_missing, const Clock& clock) {
  Kubeconfig merged;
  std::string where;
  std::string missing;
  for (const std::string& file : files) {
    if (may_be_missing && !exists(file)) {
      missing += (missing.empty() ? "" : ", ") + file;
      continue;
    }
    std::string error;
    const auto text = read_small_file(file, error);
    if (!text) return std::string(why).append(": ").append(error);
    auto parsed = parse_kubeconfig(*text, folder_of(file));
    if (const auto* misfit = std::get_if<std::string>(&parsed)) {
      return std::string(why).append(": ").append(file).append(": ").append(*misfit);
    }
    merged.merge(std::move(std::get<Kubeconfig>(parsed)));
    where += (where.empty() ? "" : ":") + file;
  }
  if (where.empty()) return why + ": there is no " + missing;
  return access_by(merged, context, why + " (" + where + ")", clock);
}

Found access_in_cluster(const AccessPlaces& places, const Clock& clock) {
  const std::string where = "the pod's service account";
  const std::string host = places.environment("KUBERNETES_SERVICE_HOST");
  const std::string port = places.environment("KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    return where + ": this is no pod (KUBERNETES_SERVICE_HOST and _PORT are not set)";
  }
  const std::string folder = places.service_account_folder;
  ClusterAccess access;
  access.origin = where;
  const bool bare_ipv6 = host.find(':') != std::string::npos;
  auto server = parse_server_url("https://" + (bare_ipv6 ? "[" + host + "]" : host) + ":" + port);
  if (const auto* error = std::get_if<std::string>(&server)) {
    return where + ": KUBERNETES_SERVICE_HOST and _PORT: " + *error;
  }
  access.server = std::get<ServerUrl>(server);
  access.name = access.server.authority();
  std::string error;
  if (!read_small_file(folder + "/token", error)) {
    return where + ": " + error + " (is automountServiceAccountToken false?)";
  }
  const auto ca = read_small_file(folder + "/ca.crt", error);
  if (!ca) return where + ": " + error;
  access.ca_pem = *ca;
  access.default_namespace = read_small_file(folder + "/namespace", error).value_or("default");
  while (access.default_namespace.ends_with('\n')) access.default_namespace.pop_back();
  CredentialFiles files;
  files.token_file = folder + "/token";
  access.credentials = std::make_shared<FileCredentials>(files, clock);
  return access;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at <= list.size()) {
    const std::size_t colon = std::min(list.find(':', at), list.size());
    if (colon > at) parts.push_back(list.substr(at, colon - at));
    at = colon + 1;
  }
  return parts;
}

}  // namespace

std::variant<ClusterAccess, std::string> resolve_cluster_access(const AccessPlaces& places,
                                                                const Clock& clock) {
  if (!places.kubeconfig.empty()) {
    return access_by_files({places.kubeconfig}, places.context, "kubernetes.kubeconfig", false,
                           clock);
  }
  std::string tried;
  if (places.context.empty()) {
    Found found = access_in_cluster(places, clock);
    if (std::holds_alternative<ClusterAccess>(found)) return found;
    tried = std::get<std::string>(found);
  } else {
    tried = "the pod's service account: passed over, because kubernetes.context is set";
  }
  const std::vector<std::string> files = split(places.environment("KUBECONFIG"));
  if (!files.empty()) {
    Found found = access_by_files(files, places.context, "$KUBECONFIG", true, clock);
    if (std::holds_alternative<ClusterAccess>(found)) return found;
    // A list that names files is meant: what it lacks is not looked for elsewhere.
    return "no cluster to talk to: " + tried + "; " + std::get<std::string>(found);
  }
  tried += "; $KUBECONFIG: not set";
  if (places.home.empty()) {
    tried += "; ~/.kube/config: there is no home folder";
  } else {
    Found found = access_by_files({places.home + "/.kube/config"}, places.context, "~/.kube/config",
                                  true, clock);
    if (std::holds_alternative<ClusterAccess>(found)) return found;
    tried += "; " + std::get<std::string>(found);
  }
  return "no cluster to talk to: " + tried + "; set kubernetes.kubeconfig to a kubeconfig file";
}

std::variant<HttpConnector::Target, std::string> connection_target(const ClusterAccess& access) {
  HttpConnector::Target target{access.server, nullptr, access.credentials, access.origin};
  if (!access.server.secure) return target;
  const std::string name =
      access.tls_server_name.empty() ? access.server.host : access.tls_server_name;
  auto tls = net::Tls::make(
      {access.ca_pem, name, access.insecure,
       "; use a name that it is for as the server, or set tls-server-name",
       "; the certificate authority of the configuration must be the one that signed it"});
  if (const auto* error = std::get_if<std::string>(&tls)) return access.origin + ": " + *error;
  target.tls = std::get<std::shared_ptr<const net::Tls>>(tls);
  return target;
}

}  // namespace ebbgate::kubernetes
