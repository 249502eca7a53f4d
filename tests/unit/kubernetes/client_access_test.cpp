#include <map>

#include <doctest/doctest.h>

#include "base/base64.h"
#include "controller/kubernetes/cluster_access.h"
#include "controller/kubernetes/kubeconfig.h"
#include "tests/unit/kubernetes/client_folder.h"
#include "tests/unit/kubernetes/client_support.h"

namespace ebbgate::kubernetes::testing {
namespace {

const std::string kPlain = R"(
apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: one
  cluster: {server: "https://one.test:6443", certificate-authority-data: Y2EtcGVt}
- name: two
  cluster: {server: "https://two.test", certificate-authority: pki/ca.pem, tls-server-name: api.test}
users:
- name: ann
  user: {token: anns-token}
- name: bob
  user: {tokenFile: bobs-token}
contexts:
- name: dev
  context: {cluster: one, user: ann, namespace: web}
- name: ops
  context: {cluster: two, user: bob}
)";

class Places {
 public:
  Places() {
    places_.environment = [this](const std::string& name) { return environment[name]; };
    places_.home = folder.path("home");
    places_.service_account_folder = folder.path("account");
  }
  AccessPlaces* operator->() { return &places_; }
  ClusterAccess found() {
    auto result = resolve_cluster_access(places_, clock);
    if (const auto* error = std::get_if<std::string>(&result)) FAIL(*error);
    return std::get<ClusterAccess>(result);
  }
  std::string error() {
    auto result = resolve_cluster_access(places_, clock);
    REQUIRE(std::holds_alternative<std::string>(result));
    return std::get<std::string>(result);
  }
  void be_a_pod() {
    environment["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
    environment["KUBERNETES_SERVICE_PORT"] = "443";
    folder.write("account/token", "pods-token\n");
    folder.write("account/ca.crt", "pods-ca");
    folder.write("account/namespace", "system\n");
  }

  Folder folder;
  ManualClock clock;
  std::map<std::string, std::string> environment;

 private:
  AccessPlaces places_;
};

Credential credential_of(const ClusterAccess& access) {
  return access.credentials->get(net::Waiter(), BootClock::now() + std::chrono::seconds(60));
}

TEST_CASE("The kubeconfig that is set goes before everything else") {
  Places places;
  places.be_a_pod();
  places->kubeconfig = places.folder.write("mine", kPlain);
  const ClusterAccess access = places.found();
  CHECK(access.server.text() == "https://one.test:6443");
  CHECK(access.name == "dev (one.test:6443)");
  CHECK(access.ca_pem == "ca-pem");
  CHECK(access.default_namespace == "web");
  CHECK(access.warnings.empty());
  CHECK(contains(access.origin, "kubernetes.kubeconfig"));
  CHECK(contains(access.origin, "context dev"));
  CHECK(credential_of(access).token == "anns-token");
}

TEST_CASE("A context can be chosen, and paths are relative to the kubeconfig") {
  Places places;
  places->kubeconfig = places.folder.write("deep/config", kPlain);
  places->context = "ops";
  places.folder.write("deep/pki/ca.pem", "the-ca");
  places.folder.write("deep/bobs-token", "bobs-secret\n");
  const ClusterAccess access = places.found();
  CHECK(access.server.text() == "https://two.test:443");
  CHECK(access.ca_pem == "the-ca");
  CHECK(access.tls_server_name == "api.test");
  CHECK(access.default_namespace == "default");
  CHECK(credential_of(access).token == "bobs-secret");
}

TEST_CASE("A kubeconfig may be JSON") {
  Places places;
  places->kubeconfig = places.folder.write(
      "config", R"({"current-context":"c","clusters":[{"name":"k","cluster":{"server":
      "https://k.test"}}],"users":[{"name":"u","user":{"token":"t"}}],"contexts":[{"name":"c",
      "context":{"cluster":"k","user":"u"}}]})");
  CHECK(places.found().server.host == "k.test");
}

TEST_CASE("A pod uses its service account") {
  Places places;
  places.be_a_pod();
  places.folder.write("home/.kube/config", kPlain);
  ClusterAccess access = places.found();
  CHECK(access.server.text() == "https://10.0.0.1:443");
  CHECK(access.name == "10.0.0.1:443");
  CHECK(access.ca_pem == "pods-ca");
  CHECK(access.default_namespace == "system");
  CHECK(credential_of(access).token == "pods-token");
  places.environment["KUBERNETES_SERVICE_HOST"] = "fd00::1";
  CHECK(places.found().server.text() == "https://[fd00::1]:443");
  SUBCASE("unless a context is set") {
    places->context = "dev";
    CHECK(places.found().server.host == "one.test");
  }
}

TEST_CASE("Of the files of $KUBECONFIG the first that names something counts") {
  Places places;
  const std::string first = places.folder.write("first", R"(
current-context: ops
users: [{name: bob, user: {token: bobs-other-token}}]
clusters: [{name: two, cluster: {server: "https://other.test"}}]
)");
  places.environment["KUBECONFIG"] =
      places.folder.path("none") + ":" + first + "::" + places.folder.write("second", kPlain);
  const ClusterAccess access = places.found();
  CHECK(access.server.host == "other.test");
  CHECK(credential_of(access).token == "bobs-other-token");
  CHECK(contains(access.origin, "$KUBECONFIG"));
}

TEST_CASE("The last place is ~/.kube/config") {
  Places places;
  places.folder.write("home/.kube/config", kPlain);
  CHECK(places.found().server.host == "one.test");
}

TEST_CASE("Where nothing serves, every place and its reason is told") {
  Places places;
  SUBCASE("nothing is there") {
    const std::string error = places.error();
    CHECK(contains(error, "KUBERNETES_SERVICE_HOST"));
    CHECK(contains(error, "$KUBECONFIG: not set"));
    CHECK(contains(error, "there is no " + places.folder.path("home") + "/.kube/config"));
    CHECK(contains(error, "set kubernetes.kubeconfig"));
  }
  SUBCASE("a pod has no token") {
    places.environment["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
    places.environment["KUBERNETES_SERVICE_PORT"] = "443";
    CHECK(contains(places.error(), "automountServiceAccountToken"));
  }
  SUBCASE("the files of $KUBECONFIG are missing") {
    places.environment["KUBECONFIG"] = "/no/such:/nor/such";
    places.folder.write("home/.kube/config", kPlain);
    CHECK(contains(places.error(), "there is no /no/such, /nor/such"));
  }
  SUBCASE("the one that is set is missing") {
    places->kubeconfig = "/no/such";
    CHECK(contains(places.error(), "cannot read /no/such: No such file"));
  }
}

std::string error_of(const std::string& config, const std::string& context = "c") {
  Places places;
  places->kubeconfig = places.folder.write("config", config);
  places->context = context;
  return places.error();
}

std::string with_user(const std::string& user) {
  return R"({current-context: c, clusters: [{name: k, cluster: {server: "https://k.test"}}],
    users: [{name: u, user: )" +
         user + "}], contexts: [{name: c, context: {cluster: k, user: u}}]}";
}

TEST_CASE("What is wrong with a kubeconfig is told") {
  CHECK(contains(error_of("a: [b"), "line "));
  CHECK(contains(error_of("[a, b]"), "no kubeconfig"));
  CHECK(contains(error_of(kPlain, "prod"), "no context prod; its contexts: dev, ops"));
  CHECK(contains(error_of("contexts: [{name: a, context: {}}]", ""), "no current-context"));
  CHECK(contains(error_of("contexts: [{name: c, context: {cluster: k}}]"), "no cluster \"k\""));
  CHECK(contains(error_of(R"({clusters: [{name: k, cluster: {server: "https://k.test"}}],
    contexts: [{name: c, context: {cluster: k, user: u}}]})"),
                 "no user \"u\""));
  CHECK(contains(error_of(R"({clusters: [{name: k, cluster: {server: "k.test"}}],
    contexts: [{name: c, context: {cluster: k}}]})"),
                 "must begin with http:// or https://"));
  CHECK(contains(error_of(R"({clusters: [{name: k, cluster: {server: "https://k.test",
    certificate-authority: none.pem}}], contexts: [{name: c, context: {cluster: k}}]})"),
                 "none.pem: No such file"));
  CHECK(contains(
      error_of(R"({clusters: [{name: k, cluster: {certificate-authority-data: "%%%%"}}]})"),
      "cluster k: certificate-authority-data is not base64"));
  CHECK(contains(error_of(with_user("{username: u, password: hidden}")), "are not supported"));
  CHECK_FALSE(contains(error_of(with_user("{username: u, password: hidden}")), "hidden"));
  CHECK(contains(error_of(with_user("{auth-provider: {name: gcp}}")), "exec plugin"));
  CHECK(contains(error_of(with_user("{token: t, as: admin}")), "impersonation"));
  CHECK(contains(error_of(with_user("{client-certificate: c.pem}")), "needs its key"));
  CHECK(contains(error_of(with_user("{exec: {apiVersion: v1alpha1, command: x}}")),
                 "exec.apiVersion must be"));
  CHECK(contains(
      error_of(with_user("{exec: {apiVersion: client.authentication.k8s.io/v1, command: x, "
                         "interactiveMode: Always}}")),
      "interactiveMode"));
}

TEST_CASE("A server that is not verified is warned about") {
  Places places;
  places->kubeconfig = places.folder.write("config", R"({current-context: c,
    clusters: [{name: k, cluster: {server: "https://k.test", insecure-skip-tls-verify: true}}],
    contexts: [{name: c, context: {cluster: k}}]})");
  const ClusterAccess access = places.found();
  CHECK(access.insecure);
  REQUIRE(access.warnings.size() == 1);
  CHECK(contains(access.warnings[0], "insecure-skip-tls-verify"));
}

TEST_CASE("A client certificate comes from the kubeconfig or from files beside it") {
  Places places;
  places->kubeconfig = places.folder.write(
      "config", with_user("{client-certificate: c.pem, client-key-data: a2V5}"));
  places.folder.write("c.pem", "certificate");
  const Credential credential = credential_of(places.found());
  REQUIRE(credential.certificate);
  CHECK(credential.certificate->certificate_pem == "certificate");
  CHECK(credential.certificate->key_pem == "key");
}

TEST_CASE("A connection is made of it") {
  const Authority authority("The test's authority");
  Places places;
  places.be_a_pod();
  places.folder.write("account/ca.crt", authority.pem());
  auto target = connection_target(places.found());
  REQUIRE(std::holds_alternative<HttpConnector::Target>(target));
  CHECK(std::get<HttpConnector::Target>(target).tls);
  places.folder.write("account/ca.crt", "nonsense");
  target = connection_target(places.found());
  REQUIRE(std::holds_alternative<std::string>(target));
  CHECK(contains(std::get<std::string>(target), "certificate authority"));
}

TEST_CASE("Base64 goes both ways") {
  for (const std::string text : {"", "a", "ab", "abc", "abcd"}) {
    CHECK(base64_decode(base64_encode(text)) == text);
  }
  CHECK(base64_encode("abcd") == "YWJjZA==");
  CHECK(base64_decode("YWJj\nZA==\n") == "abcd");
  CHECK_FALSE(base64_decode("YWJ").has_value());
  CHECK_FALSE(base64_decode("!!!!").has_value());
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
