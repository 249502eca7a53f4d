#include <doctest/doctest.h>

#include "controller/configuration/effective.h"
#include "controller/configuration/reload_rules.h"
#include "tests/unit/configuration/loading.h"

using namespace std::chrono_literals;
using ebbgate::KubernetesSettings;
using ebbgate::Settings;
using ebbgate::configuration::effective_yaml;
using ebbgate::configuration::load;
using ebbgate::configuration::LoadResult;
using ebbgate::testing::errors_of;
using ebbgate::testing::load_text;
using ebbgate::testing::loaded;
using ebbgate::testing::TemporaryFolder;

namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("everything about the cluster is read") {
  KubernetesSettings expected;
  expected.kubeconfig = "/etc/kubeconfig";
  expected.context = "east";
  expected.namespaces = {"web", "shop-2"};
  expected.honor_reloader = true;
  expected.secret_field_selector = "";
  expected.leader_election = {false, "system", "gate", "me", 1min, 30s, 5s};
  expected.resync = 1h;
  CHECK(loaded(R"(
provider: kubernetes
kubernetes:
  kubeconfig: /etc/kubeconfig
  context: east
  namespaces: [web, shop-2]
  honor: [reloader, wave]
  secret_field_selector: ""
  leader_election: {enabled: false, namespace: system, name: gate, identity: me, duration: 1m, renew: 30s, retry: 5s}
  resync: 1h
)")
            .kubernetes == expected);
}

TEST_CASE("nobody's annotations are honored when the list is empty") {
  const KubernetesSettings settings = loaded("kubernetes: {honor: []}").kubernetes;
  CHECK_FALSE(settings.honor_wave);
  CHECK_FALSE(settings.honor_reloader);
}

TEST_CASE("a relative kubeconfig begins at the configuration file's folder") {
  const TemporaryFolder folder;
  folder.write("ebbgate.yaml", "kubernetes: {kubeconfig: ../kube/config}");
  const LoadResult result = load({"ebbgate.yaml", {}, {}, folder.path()});
  REQUIRE(result.settings.has_value());
  CHECK(result.settings->kubernetes.kubeconfig ==
        (folder.path().parent_path() / "kube" / "config").string());
}

TEST_CASE("values about the cluster that cannot be are named") {
  const std::string file = "ebbgate.yaml:1: kubernetes.";
  CHECK(errors_of("kubernetes: {namespace: a}") ==
        file + "namespace: is an unknown key; did you mean kubernetes.namespaces?");
  CHECK(errors_of("kubernetes: {leader_election: {lease: 5s}}") ==
        file +
            "leader_election.lease: is an unknown key; write one of enabled, namespace, name, "
            "identity, duration, renew or retry");
  CHECK(errors_of("kubernetes: {leader_election: on}") ==
        file +
            "leader_election: is a single value; write a map with enabled, namespace, name, "
            "identity, duration, renew or retry");
  CHECK(errors_of("kubernetes.leader_election.retry: 1s") ==
        file +
            "leader_election.retry: is no key of its own; write kubernetes: {leader_election: "
            "{retry: …}}");
  CHECK(errors_of("kubernetes: {leader_election: {enabled: yes}}") ==
        file + "leader_election.enabled: \"yes\" is unknown; write false or true");
  CHECK(errors_of("kubernetes: {leader_election: {name: Gate}}") ==
        file +
            "leader_election.name: \"Gate\" is no name of an object; write parts of a-z, 0-9 "
            "and -, with dots between");
  CHECK(errors_of("kubernetes: {leader_election: {name: a..b}}").find("is no name of an object") !=
        std::string::npos);
  CHECK(errors_of("kubernetes: {resync: 0}") ==
        file + "resync: \"0\" is too short; write a duration of more than 0");
  CHECK(errors_of("kubernetes: {context: \"a\\nb\"}") ==
        file +
            "context: \"a\\x0ab\" has a control character; write one line of printable "
            "characters");
}

TEST_CASE("namespaces must be names of namespaces, each once") {
  const std::string file = "ebbgate.yaml:1: kubernetes.namespaces";
  const std::string right =
      " is no namespace; write at most 63 of a-z, 0-9 and -, with a letter or digit at both ends";
  for (const std::string name : {"Web", "-a", "a-", "a.b", "a/b", "*", "", "a_b", "é"}) {
    std::string quoted = "\"";
    quoted.append(name).append("\"");
    std::string expected = file + "[0]: ";
    expected.append(quoted).append(right);
    CHECK(errors_of("kubernetes: {namespaces: [" + quoted + "]}") == expected);
  }
  CHECK(errors_of("kubernetes: {namespaces: [" + std::string(63, 'a') + "]}").empty());
  CHECK(errors_of("kubernetes: {namespaces: [" + std::string(64, 'a') + "]}") != "");
  CHECK(errors_of("kubernetes: {namespaces: [a, b, a]}") ==
        file + "[2]: \"a\" is listed twice, first in line 1; keep one of them");
  CHECK(errors_of("kubernetes: {namespaces: a}") ==
        file + ": is a single value; write a list, such as [a, b]");
  CHECK(errors_of("kubernetes: {honor: [helm]}") ==
        "ebbgate.yaml:1: kubernetes.honor[0]: \"helm\" is unknown; write wave or reloader");
}

TEST_CASE("a lease that could not be held safely is refused") {
  const std::string file = "ebbgate.yaml:1: kubernetes.leader_election.";
  const std::string key = "kubernetes.leader_election.";
  const auto of = [](const std::string& values) {
    return errors_of("kubernetes: {leader_election: {" + values + "}}");
  };
  CHECK(of("duration: 13s").empty());
  CHECK(of("duration: 12s") == file +
                                   "duration: is 12s, but must be more than 12s, which is how long "
                                   "an update may take");
  CHECK(of("duration: 12500ms") ==
        file + "duration: is 12s500ms, but must be whole seconds, as the Lease tells it to others");
  CHECK(of("renew: 15s") == file + "renew: does not fit " + key +
                                "duration, which is 15s, but must exceed " + key + "renew (15s)");
  CHECK(of("duration: 20s, renew: 20s") ==
        file + "duration: is 20s, but must exceed " + key + "renew (20s)");
  CHECK(of("renew: 2400ms") ==
        file + "renew: is 2s400ms, but must exceed 1.2 times " + key + "retry (2s)");
  CHECK(of("renew: 2401ms").empty());
  CHECK(of("retry: 9s") == file + "retry: does not fit " + key +
                               "renew, which is 10s, but must exceed 1.2 times " + key +
                               "retry (9s)");
  CHECK(of("retry: 0") == file + "retry: \"0\" is too short; write a duration of more than 0");
}

TEST_CASE("only the provider that is used is told to lack workloads or to ignore them") {
  const std::string workload = "local: {workloads: [{name: a, watch: [a], update: {exec: [a]}}]}\n";
  CHECK(load_text("").warnings.size() == 1);
  CHECK(load_text(workload).warnings.empty());
  CHECK(load_text("provider: kubernetes").warnings.empty());
  CHECK(load_text("provider: kubernetes\n" + workload).warnings ==
        Words{"local.workloads: does nothing with provider: kubernetes; remove it, or write "
              "provider: local"});
}

TEST_CASE("what is in force about the cluster is printed for its provider only") {
  Settings settings;
  settings.provider = "kubernetes";
  const std::string printed = effective_yaml(settings);
  CHECK(printed.find("\nlocal:") == std::string::npos);
  CHECK(printed.ends_with(R"(
metrics:
  max_workload_series: 10000
kubernetes:
  kubeconfig: ""
  context: ""
  secret_field_selector: "type!=helm.sh/release.v1"
  leader_election:
    enabled: true
    namespace: ""
    name: "ebbgate"
    identity: ""
    duration: 15s
    renew: 10s
    retry: 2s
  resync: 10m
  namespaces: []
  honor: ["wave"]
feedback: []
)"));
}

TEST_CASE("what is printed about the cluster reads back as the same settings") {
  const Settings settings = loaded(R"(
provider: kubernetes
kubernetes:
  kubeconfig: "a \"b\": #c"
  context: "~"
  namespaces: ["1", "true", "null"]
  honor: [reloader]
  secret_field_selector: ""
  leader_election: {enabled: false, namespace: "0", name: "1.5", identity: "é: #", retry: 1500ms}
)");
  const std::string printed = effective_yaml(settings);
  CAPTURE(printed);
  CHECK(loaded(printed) == settings);
}

TEST_CASE("every change about the cluster needs a restart") {
  const Settings before;
  Settings after;
  after.kubernetes = {
      "/a", "b", {"c", "d"}, false, false, "", {false, "e", "f", "g", 1min, 20s, 1s}, 1h};
  const std::string rest = " needs a restart; restart Ebbgate, or change it back";
  const std::string election = "kubernetes.leader_election.";
  CHECK(ebbgate::configuration::needs_restart(before, after) ==
        Words{"kubernetes.kubeconfig: a change from nothing to /a" + rest,
              "kubernetes.context: a change from nothing to b" + rest,
              "kubernetes.secret_field_selector: a change from type!=helm.sh/release.v1 to "
              "nothing" +
                  rest,
              election + "enabled: a change from true to false" + rest,
              election + "namespace: a change from nothing to e" + rest,
              election + "name: a change from ebbgate to f" + rest,
              election + "identity: a change from nothing to g" + rest,
              election + "duration: a change from 15s to 1m" + rest,
              election + "renew: a change from 10s to 20s" + rest,
              election + "retry: a change from 2s to 1s" + rest,
              "kubernetes.resync: a change from 10m to 1h" + rest,
              "kubernetes.namespaces: a change from nothing to c and d" + rest,
              "kubernetes.honor: a change from wave to nothing" + rest});
}
