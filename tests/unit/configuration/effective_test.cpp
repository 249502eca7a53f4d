#include "controller/configuration/effective.h"

#include <doctest/doctest.h>

#include "base/masking.h"
#include "controller/configuration/reload_rules.h"
#include "tests/unit/configuration/loading.h"

using ebbgate::Settings;
using ebbgate::configuration::effective_yaml;
using ebbgate::testing::loaded;

namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("the effective defaults are printed in full") {
  Settings defaults;
  defaults.database = "/var/lib/ebbgate.db";
  CHECK(effective_yaml(defaults) == R"(provider: local
database: "/var/lib/ebbgate.db"
listen: "127.0.0.1:9911"
listen_hosts: []
admin_socket: "ebbgate.sock"
log:
  level: info
  format: text
debug:
  core_dumps: false
backoff:
  base: 1s
  factor: 2
  max: 1m4s
  stable_after: 10m
  unhealthy_max: 10m
  unknown_level: highest
settle:
  quiet: 500ms
  max: 5s
budget:
  rate: 1
  burst: 100
unfinished:
  max: unlimited
  per_namespace: unlimited
  timeout: 10m
retry:
  base: 1s
  factor: 2
  max: 1m
  jitter: equal
history:
  keep: 10000
  per_workload: 200
metrics:
  max_workload_series: 10000
local:
  rescan: 1m
  max_file_size: 64MiB
  ignore: ["*.swp", "*~", "4913", ".#*"]
  workloads: []
feedback: []
)");
}

TEST_CASE("what is printed reads back as the same settings") {
  const Settings settings = loaded(R"(
database: "a \"b\": #c.db"
listen: "[::1]:0"
listen_hosts: [ebbgate, ebbgate.example.org]
admin_socket: "é 🌊.sock"
log: {level: error, format: json}
backoff: {base: 1500ms, factor: 1.25, max: 5m, unknown_level: 7}
settle: {quiet: 0, max: 0}
budget: {rate: 0.1, burst: 1000000000}
unfinished: {max: 3, per_namespace: 1}
retry: {jitter: none}
metrics: {max_workload_series: 0}
local:
  max_file_size: 3MiB
  ignore: ["[]a]", "#x", "- y", "~", "null", ": "]
  workloads:
    - name: "true"
      namespace: "~"
      watch: ["a: b", "#c", "- d", "tab\there", "line\nbreak", "\x01"]
      update: {exec: [p, "", "~", "null", "010", "a\nb", "\t", "'", "\"", "\\", "%", "é", "\x85", "\u2028"], timeout: 90s}
      ready: {exec: [a, "b c"], interval: 1500ms, timeout: 2d}
      on_first_sight: update
      hold: 2026-12-24T18:00:00.250+01:00
      backoff: {max: 6m, factor: 3}
      settle: {quiet: 1ms, max: 1s}
    - name: b
      watch: [x]
      update: {http: {method: DELETE, url: "http://h:1/a?b=c#d"}}
      ready: {http: "https://h/"}
      hold: true
    - name: c
      watch: [x]
      update: {signal: {pid_file: x y, signal: WINCH, allow_pid_1: true}}
      max_file_size: 5KiB
)");
  const std::string printed = effective_yaml(settings);
  CAPTURE(printed);
  CHECK(loaded(printed) == settings);
  CHECK(effective_yaml(loaded(printed)) == printed);
}

TEST_CASE("secrets are masked, and what is masked still loads") {
  const Settings settings = loaded(R"(
local:
  workloads:
    - name: a
      watch: [x]
      update: {http: {url: "http://h/a?token=hunter2&b=c", headers: {Authorization: Bearer hunter2, X-Other: hunter2}}}
      ready: {http: "http://h/?key=hunter2"}
    - name: b
      watch: [x]
      update: {exec: [curl, -H, "Authorization: Bearer hunter2", --password=hunter2, --token, hunter2, "http://u:hunter2@h/"]}
)");
  const std::string printed = effective_yaml(settings);
  CAPTURE(printed);
  CHECK(printed.find("hunter2") == std::string::npos);
  Settings masked = settings;
  auto& workloads = masked.local.workloads;
  workloads[0].update.http->url = "http://h/a?token=********&b=c";
  workloads[0].update.http->headers = {{"Authorization", "********"}, {"X-Other", "********"}};
  workloads[0].ready->http->url = "http://h/?key=********";
  workloads[1].update.exec = {
      "curl",    "-H",       "Authorization:********", "--password=********",
      "--token", "********", "http://********@h/"};
  CHECK(loaded(printed) == masked);
}

TEST_CASE("a reload says which changes need a restart, and of no others") {
  const Settings before = loaded("database: /a.db\n");
  Settings after = before;
  CHECK(ebbgate::configuration::needs_restart(before, after).empty());
  after.log.level = "debug";
  after.backoff.max = std::chrono::minutes(5);
  after.local.workloads.emplace_back();
  after.admin_socket = "/a.sock";
  after.listen_hosts = {"ebbgate"};
  CHECK(ebbgate::configuration::needs_restart(before, after).empty());
  after.provider = "kubernetes";
  after.database = "/b.db";
  after.listen = "127.0.0.1:1";
  const std::string rest = " needs a restart; restart Ebbgate, or change it back";
  CHECK(ebbgate::configuration::needs_restart(before, after) ==
        Words{"provider: a change from local to kubernetes" + rest,
              "database: a change from /a.db to /b.db" + rest,
              "listen: a change from 127.0.0.1:9911 to 127.0.0.1:1" + rest});
}
