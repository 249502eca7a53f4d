#include "controller/configuration/load.h"

#include <csignal>

#include <doctest/doctest.h>

#include "base/text.h"
#include "controller/configuration/addresses.h"
#include "controller/configuration/problems.h"
#include "controller/configuration/scalar_settings.h"
#include "tests/unit/configuration/loading.h"

using namespace std::chrono_literals;
using ebbgate::Duration;
using ebbgate::LocalWorkload;
using ebbgate::Settings;
using ebbgate::configuration::load;
using ebbgate::configuration::LoadResult;
using ebbgate::configuration::NamedPath;
using ebbgate::configuration::scalar_settings;
using ebbgate::testing::Flags;
using ebbgate::testing::load_text;
using ebbgate::testing::TemporaryFolder;
using ebbgate::testing::Variables;

namespace {

Settings settings_of(const std::string& yaml, const Flags& flags = {},
                     const Variables& variables = {}) {
  const LoadResult result = load_text(yaml, flags, variables);
  for (const std::string& error : result.errors) MESSAGE(error);
  REQUIRE(result.settings.has_value());
  return *result.settings;
}

LocalWorkload workload_of(const std::string& lines, const std::string& globals = "") {
  const Settings settings =
      settings_of(globals + "local:\n  workloads:\n    - name: web\n" + lines);
  REQUIRE(settings.local.workloads.size() == 1);
  return settings.local.workloads[0];
}

// For each setting a valid value that is not its default.
const std::vector<std::pair<std::string, std::string>> kOthers = {
    {"provider", "kubernetes"},
    {"database", "/var/lib/other.db"},
    {"listen", "[::1]:0"},
    {"admin_socket", "/run/ebbgate.sock"},
    {"log.level", "debug"},
    {"log.format", "json"},
    {"debug.core_dumps", "true"},
    {"backoff.base", "2s"},
    {"backoff.factor", "1.5"},
    {"backoff.max", "5m"},
    {"backoff.stable_after", "20m"},
    {"backoff.unhealthy_max", "8m"},
    {"backoff.unknown_level", "3"},
    {"settle.quiet", "1s500ms"},
    {"settle.max", "4s"},
    {"budget.rate", "0.25"},
    {"budget.burst", "7"},
    {"unfinished.max", "10"},
    {"unfinished.per_namespace", "2"},
    {"unfinished.timeout", "3m"},
    {"retry.base", "5s"},
    {"retry.factor", "3"},
    {"retry.max", "40s"},
    {"retry.jitter", "full"},
    {"history.keep", "50"},
    {"history.per_workload", "5"},
    {"metrics.max_workload_series", "0"},
    {"local.rescan", "10s"},
    {"local.max_file_size", "5MiB"},
    {"kubernetes.kubeconfig", "/home/me/.kube/other"},
    {"kubernetes.context", "prod"},
    {"kubernetes.secret_field_selector", "metadata.name!=big"},
    {"kubernetes.leader_election.enabled", "false"},
    {"kubernetes.leader_election.namespace", "ebbgate"},
    {"kubernetes.leader_election.name", "ebbgate.canary"},
    {"kubernetes.leader_election.identity", "east: 1"},
    {"kubernetes.leader_election.duration", "30s"},
    {"kubernetes.leader_election.renew", "14s"},
    {"kubernetes.leader_election.retry", "5s"},
    {"kubernetes.resync", "1h"},
};

// `key: value` as YAML.
std::string yaml_of(const std::string& key, const std::string& value) {
  const std::size_t dot = key.find('.');
  if (dot == std::string::npos) return key + ": \"" + value + "\"";
  return key.substr(0, dot) + ": {" + yaml_of(key.substr(dot + 1), value) + "}";
}

}  // namespace

TEST_CASE("without a file, flags and variables the defaults hold, in the working directory") {
  const LoadResult result = load({std::nullopt, {}, {}, "/srv/dir"});
  Settings defaults;
  defaults.database = "/srv/dir/ebbgate.db";
  defaults.admin_socket = "/srv/dir/ebbgate.sock";
  CHECK(result.errors.empty());
  REQUIRE(result.settings.has_value());
  CHECK(*result.settings == defaults);
  const LoadResult here = load({});
  REQUIRE(here.settings.has_value());
  CHECK(here.settings->database == (std::filesystem::current_path() / "ebbgate.db").string());
}

TEST_CASE("every scalar setting is read from the file, a variable and a flag") {
  REQUIRE(kOthers.size() == scalar_settings().size());
  for (std::size_t i = 0; i < kOthers.size(); ++i) {
    const auto& setting = scalar_settings()[i];
    const auto& [key, value] = kOthers[i];
    REQUIRE(setting.key == key);
    CHECK(setting.write(settings_of(yaml_of(key, value))) == value);
    CHECK(setting.write(settings_of("", {{key, value}})) == value);
    CHECK(setting.write(
              settings_of("", {}, {{ebbgate::configuration::variable_name(key), value}})) == value);
    CHECK(setting.write(Settings{}) != value);
  }
}

TEST_CASE("a variable is named after its key") {
  CHECK(ebbgate::configuration::variable_name("backoff.stable_after") ==
        "EBBGATE_BACKOFF_STABLE_AFTER");
  CHECK(ebbgate::configuration::variable_name("kubernetes.leader_election.duration") ==
        "EBBGATE_KUBERNETES_LEADER_ELECTION_DURATION");
}

TEST_CASE("a flag beats a variable, which beats the file, which beats the default") {
  const std::string file = "backoff: {max: 2m}\n";
  const Variables variables = {{"EBBGATE_BACKOFF_MAX", "3m"}};
  const Flags flags = {{"backoff.max", "4m"}};
  CHECK(settings_of("").backoff.max == Duration(64s));
  CHECK(settings_of(file).backoff.max == Duration(2min));
  CHECK(settings_of(file, {}, variables).backoff.max == Duration(3min));
  CHECK(settings_of(file, flags, variables).backoff.max == Duration(4min));
  CHECK(settings_of(file, flags).backoff.max == Duration(4min));
}

TEST_CASE("values of different sources are checked together") {
  CHECK(settings_of("backoff: {base: 5m}\n", {{"backoff.max", "6m"}}).backoff.max ==
        Duration(6min));
}

TEST_CASE("words for what is absent are read") {
  const Settings settings = settings_of(
      "budget: {rate: unlimited}\nunfinished: {max: unlimited, per_namespace: unlimited}\n"
      "backoff: {unknown_level: highest}\nadmin_socket: \"\"\n",
      {}, {{"EBBGATE_ADMIN_SOCKET", ""}});
  CHECK_FALSE(settings.budget.rate.has_value());
  CHECK_FALSE(settings.unfinished.max.has_value());
  CHECK_FALSE(settings.unfinished.per_namespace.has_value());
  CHECK_FALSE(settings.unknown_level.has_value());
  CHECK(settings.admin_socket.empty());
  CHECK(settings_of("budget: {rate: 0}").budget.rate == 0.0);
  CHECK(settings_of("backoff: {unknown_level: 0}").unknown_level == 0);
}

TEST_CASE("a budget of rate 0 is warned of, where it is written") {
  const auto warnings = [](const std::string& yaml, const Flags& flags = {}) {
    std::string text;
    for (const std::string& each : load_text(yaml, flags).warnings) text += each + "\n";
    return text;
  };
  CHECK(warnings("budget: {rate: 0}").find(":1: budget.rate: is 0, so that no update") !=
        std::string::npos);
  CHECK(warnings("", {{"budget.rate", "0"}}).find("--budget.rate: is 0") != std::string::npos);
  CHECK(warnings("budget: {rate: 0.1}").find("budget.rate") == std::string::npos);
  CHECK(warnings("budget: {rate: unlimited}").find("budget.rate") == std::string::npos);
}

TEST_CASE("listen addresses that can be bound are taken") {
  for (const std::string address : {"127.0.0.1:9911", "0.0.0.0:0", "[::1]:9911", "[::]:65535",
                                    "localhost:80", "a-b.c_d:1", "[fe80::1%eth0]:1"}) {
    CHECK(settings_of("listen: \"" + address + "\"").listen == address);
  }
}

TEST_CASE("commands reach a server by an address that can be connected to") {
  const auto url = [](const char* listen) {
    const auto address = ebbgate::configuration::parse_listen(listen);
    REQUIRE(address.has_value());
    return ebbgate::configuration::client_url(*address);
  };
  CHECK(url("127.0.0.1:9911") == "http://127.0.0.1:9911");
  CHECK(url("0.0.0.0:80") == "http://127.0.0.1:80");
  CHECK(url("[::]:80") == "http://[::1]:80");
  CHECK(url("[::1]:80") == "http://[::1]:80");
  CHECK(url("localhost:80") == "http://localhost:80");
}

TEST_CASE(
    "relative paths begin at the configuration file's folder, the socket's at the database's, and "
    "become normal") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "etc");
  folder.write("etc/a.yaml",
               "database: data/./x.db\nadmin_socket: ../../a.sock\nlocal:\n  workloads:\n"
               "  - name: a\n    watch: [conf.d/, ./a/../b, /etc/x/, .]\n"
               "    update: {signal: {pid_file: run/a.pid, signal: HUP}}\n"
               "  - {name: b, watch: [x], update: {exec: [./script, a/../b]}}\n");
  const std::string etc = (folder.path() / "etc").string();
  for (const std::filesystem::path& file :
       {std::filesystem::path("etc/a.yaml"), std::filesystem::path(etc + "/a.yaml")}) {
    const LoadResult result = load({file, {}, {}, folder.path()});
    REQUIRE(result.settings.has_value());
    CHECK(result.settings->database == etc + "/data/x.db");
    CHECK(result.settings->admin_socket == folder.path().string() + "/a.sock");
    const auto& workloads = result.settings->local.workloads;
    CHECK(workloads[0].watch ==
          std::vector<std::string>{etc + "/conf.d", etc + "/b", "/etc/x", etc});
    REQUIRE(workloads[0].update.signal.has_value());
    CHECK(workloads[0].update.signal->pid_file == etc + "/run/a.pid");
    CHECK(workloads[1].update.exec == std::vector<std::string>{"./script", "a/../b"});
  }
}

TEST_CASE("what a configuration names of the file system is gathered with its places") {
  const std::string yaml =
      "admin_socket: /run/x/ebbgate.sock\n"
      "local:\n  workloads:\n    - name: web\n      watch: [/etc/app,\n        /etc/other]\n"
      "      update: {exec: [reload, now]}\n"
      "      ready: {exec: [/bin/probe]}\n"
      "feedback:\n  - {name: sidecar, socket: /run/sidecar/a.sock}\n";
  using Kind = NamedPath::Kind;
  const NamedPath peer{Kind::socket_folder, "ebbgate.yaml:10: feedback[0].socket", "/run/sidecar"};
  const NamedPath socket{Kind::admin_socket, "ebbgate.yaml:1: admin_socket", "/run/x/ebbgate.sock"};
  const std::string workload = "local.workloads[0].";
  CHECK(load_text(yaml).paths ==
        std::vector<NamedPath>{
            peer,
            {Kind::watched, "ebbgate.yaml:5: " + workload + "watch[0]", "/etc/app"},
            {Kind::watched, "ebbgate.yaml:6: " + workload + "watch[1]", "/etc/other"},
            {Kind::program, "ebbgate.yaml:7: " + workload + "update.exec[0]", "reload"},
            {Kind::program, "ebbgate.yaml:8: " + workload + "ready.exec[0]", "/bin/probe"},
            socket});
  CHECK(load_text(yaml, {{"provider", "kubernetes"}}).paths ==
        std::vector<NamedPath>{peer, socket});
  for (const char* usual : {"", "admin_socket: ebbgate.sock\n"}) {
    const auto paths = load_text(std::string("database: /var/lib/x.db\n") + usual).paths;
    REQUIRE(paths.size() == 1);
    CHECK(paths[0].kind == Kind::usual_admin_socket);
    CHECK(paths[0].path == "/var/lib/ebbgate.sock");
  }
  CHECK(load_text("admin_socket: ''\n").paths.empty());
}

TEST_CASE("a path listed twice counts once, with a warning") {
  const LoadResult result = load_text(
      "local:\n  workloads:\n  - name: a\n    watch: [/x/y, /x/y/, /x/./z]\n    update: {exec: "
      "[a]}\n");
  REQUIRE(result.settings.has_value());
  CHECK(result.settings->local.workloads[0].watch == std::vector<std::string>{"/x/y", "/x/z"});
  CHECK(result.warnings ==
        std::vector<std::string>{"ebbgate.yaml:4: local.workloads[0].watch[1]: \"/x/y/\" is listed "
                                 "twice; it counts once"});
}

TEST_CASE("a workload takes the defaults for what it does not say") {
  const LocalWorkload workload =
      workload_of("      watch: [/a]\n      update: {exec: [nginx, -s, reload]}\n");
  LocalWorkload expected;
  expected.name = "web";
  expected.watch = {"/a"};
  expected.update.exec = {"nginx", "-s", "reload"};
  CHECK(workload == expected);
}

TEST_CASE("a workload's update can be a request or a signal") {
  const LocalWorkload request = workload_of(
      "      watch: [/a]\n      namespace: shop\n      update:\n        http: {method: PUT, url: "
      "\"https://[::1]:8443/x?y=a@z\", headers: {Authorization: Bearer x, A: \"\"}}\n        "
      "timeout: 5s\n");
  CHECK(request.namespace_name == "shop");
  REQUIRE(request.update.http.has_value());
  CHECK(request.update.http->method == "PUT");
  CHECK(request.update.http->url == "https://[::1]:8443/x?y=a@z");
  CHECK(request.update.http->headers ==
        std::vector<std::pair<std::string, std::string>>{{"A", ""}, {"Authorization", "Bearer x"}});
  CHECK(request.update.timeout == Duration(5s));
  CHECK(request.update.exec.empty());

  for (const std::string name : {"USR1", "SIGUSR1"}) {
    const LocalWorkload signal = workload_of(
        "      watch: [/a]\n      update: {signal: {pid_file: /run/a, signal: " + name + "}}\n");
    REQUIRE(signal.update.signal.has_value());
    CHECK(signal.update.signal->signal == SIGUSR1);
    CHECK(signal.update.signal->pid_file == "/run/a");
  }
}

TEST_CASE("a workload's readiness, hold and first sight are read") {
  const std::string rest = "      watch: [/a]\n      update: {exec: [a]}\n";
  const LocalWorkload probed =
      workload_of(rest + "      ready: {http: \"http://h/healthz\", interval: 2s, timeout: 1m}\n");
  REQUIRE(probed.ready.has_value());
  REQUIRE(probed.ready->http.has_value());
  CHECK(probed.ready->http->method == "GET");
  CHECK(probed.ready->http->url == "http://h/healthz");
  CHECK(probed.ready->interval == Duration(2s));
  CHECK(probed.ready->timeout == Duration(1min));
  CHECK(workload_of(rest + "      ready: {exec: [test, -f, a]}\n").ready->exec ==
        std::vector<std::string>{"test", "-f", "a"});
  CHECK_FALSE(workload_of(rest + "      ready:\n").ready.has_value());

  CHECK(workload_of(rest + "      hold: true\n").hold == ebbgate::governor::Hold{true, {}});
  CHECK(workload_of(rest + "      hold: false\n").hold == ebbgate::governor::Hold{});
  CHECK(workload_of(rest + "      hold: 2026-12-24T18:00:00Z\n").hold.until ==
        ebbgate::parse_time("2026-12-24T18:00:00Z"));
  CHECK(workload_of(rest + "      on_first_sight: adopt\n").adopt_on_first_sight);
  CHECK_FALSE(workload_of(rest + "      on_first_sight: update\n").adopt_on_first_sight);
}

TEST_CASE("a workload's policy is the global one with its own values on top") {
  const LocalWorkload workload = workload_of(
      "      watch: [/a]\n      update: {exec: [a]}\n      backoff: {max: 5m, unhealthy_max: 6m}\n"
      "      settle: {quiet: 0}\n",
      "backoff: {base: 3s, max: 10s}\nsettle: {max: 9s}\n");
  CHECK(workload.backoff == ebbgate::governor::BackoffSettings{3s, 2, 5min, 10min, 6min});
  CHECK(workload.settle == ebbgate::governor::SettleSettings{0s, 9s});
}

TEST_CASE("editors' files can be ignored by other patterns than the default ones") {
  CHECK(settings_of("").local.ignore == std::vector<std::string>{"*.swp", "*~", "4913", ".#*"});
  CHECK(settings_of("local: {ignore: []}").local.ignore.empty());
  CHECK(settings_of("local: {ignore: [\"[]a]\", '[!]]', '\\[', \"a?\"]}").local.ignore ==
        std::vector<std::string>{"[]a]", "[!]]", "\\[", "a?"});
}

TEST_CASE("only Ebbgate's variables are taken from the environment") {
  const char* const variables[] = {"PATH=/bin",    "EBBGATE_LISTEN=a=b",    "EBBGATE_X",
                                   "XEBBGATE_Y=1", "EBBGATE_ADMIN_SOCKET=", nullptr};
  CHECK(ebbgate::configuration::ebbgate_variables(variables) ==
        Variables{{"EBBGATE_ADMIN_SOCKET", ""}, {"EBBGATE_LISTEN", "a=b"}});
  CHECK(ebbgate::configuration::ebbgate_variables(nullptr).empty());
}
