// Long because every message about a wrong configuration is compared whole, here in one place.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/configuration/loading.h"

using ebbgate::testing::errors_of;
using ebbgate::testing::workload_errors;

namespace {

struct Case {
  std::string yaml;
  std::string errors;  // without `ebbgate.yaml:` before each line
};

std::string with_file_name(const std::string& errors) {
  std::string text = "ebbgate.yaml:";
  for (const char c : errors) text += c == '\n' ? "\nebbgate.yaml:" : std::string(1, c);
  return text;
}

void check(const std::vector<Case>& cases) {
  for (const Case& test : cases) {
    CAPTURE(test.yaml);
    CHECK(errors_of(test.yaml) == with_file_name(test.errors));
  }
}

// Lines 5 and on of a workload that is valid without them.
void check_workload(const std::vector<Case>& cases, const std::string& rest = "") {
  for (const Case& test : cases) {
    CAPTURE(test.yaml);
    CHECK(workload_errors("      " + test.yaml + "\n" + rest) == with_file_name(test.errors));
  }
}

}  // namespace

TEST_CASE("an unknown key is named with the nearest known one, or with all there are") {
  check({
      {"backof: {max: 5m}", "1: backof: is an unknown key; did you mean backoff?"},
      {"\nbackoff:\n  base: 1s\n  maxx: 5m",
       "4: backoff.maxx: is an unknown key; did you mean backoff.max?"},
      {"settle: {loud: 5s}", "1: settle.loud: is an unknown key; write one of quiet or max"},
      {"something: 1",
       "1: something: is an unknown key; write one of provider, database, listen, admin_socket, "
       "log, debug, backoff, settle, budget, unfinished, retry, history, metrics, local, "
       "kubernetes, listen_hosts or feedback"},
      {"backoff.max: 5m", "1: backoff.max: is no key of its own; write backoff: {max: …}"},
      {"\"a\\nb\": 5m\nlisten: 1",
       "1: \"a\\x0ab\": is an unknown key; write one of provider, database, listen, admin_socket, "
       "log, debug, backoff, settle, budget, unfinished, retry, history, metrics, local, "
       "kubernetes, listen_hosts or feedback\n"
       "2: listen: \"1\" is no address to listen on; write HOST:PORT, such as 127.0.0.1:9911 or "
       "[::1]:9911"},
      {"[a]: 1", "1: has a list as a key; write a name"},
  });
}

TEST_CASE("names that requests may be sent to are names alone, each once") {
  const std::string rest =
      " is no name of a host; write it without a scheme and a port, such as ebbgate.example.org";
  check({
      {"listen_hosts: [\"http://a\", \"a:9911\", \"\", \"*\", \"a b\"]",
       "1: listen_hosts[0]: \"http://a\"" + rest + "\n1: listen_hosts[1]: \"a:9911\"" + rest +
           "\n1: listen_hosts[2]: \"\"" + rest + "\n1: listen_hosts[3]: \"*\"" + rest +
           "\n1: listen_hosts[4]: \"a b\"" + rest},
      {"listen_hosts: [a,\n  a]",
       "2: listen_hosts[1]: \"a\" is listed twice, first in line 1; keep one of them"},
      {"listen_hosts: a", "1: listen_hosts: is a single value; write a list, such as [a, b]"},
  });
}

TEST_CASE("what this build does not have is refused with these words") {
  check({
      {"provider: docker", "1: provider: \"docker\" is unknown; write local or kubernetes"},
  });
}

TEST_CASE("a key given twice is an error that names both lines") {
  check({
      {"backoff: {max: 5m}\nlisten: 127.0.0.1:1\nbackoff: {max: 5m}",
       "3: backoff: is given twice, first in line 1; keep one of them"},
      {"retry:\n  max: 5m\n  max: 6m",
       "3: retry.max: is given twice, first in line 2; keep one of them"},
  });
}

TEST_CASE("a value of a wrong type is an error that says what to write") {
  check({
      {"backoff: 5m",
       "1: backoff: is a single value; write a map with base, factor, max, stable_after, "
       "unhealthy_max or unknown_level"},
      {"settle: [1]", "1: settle: is a list; write a map with quiet or max"},
      {"listen: [a]", "1: listen: is a list; write a single value"},
      {"backoff: {max: {a: b}}", "1: backoff.max: is a map; write a single value"},
      {"database:", "1: database: has no value; write one, or remove the key"},
      {"database: ~", "1: database: has no value; write one, or remove the key"},
      {"local: {ignore: a}", "1: local.ignore: is a single value; write a list, such as [a, b]"},
      {"local: {workloads: {a: b}}", "1: local.workloads: is a map; write a list, such as [a, b]"},
      {"local: {workloads: [a]}",
       "1: local.workloads[0]: is a single value; write a map with name, namespace, watch, "
       "update, ready, on_first_sight, hold, backoff, settle or max_file_size"},
  });
}

TEST_CASE("bad durations are named") {
  check({
      {"settle: {quiet: 5}",
       "1: settle.quiet: \"5\" is no duration; write one such as 500ms, 10s, 1m30s or 1h"},
      {"settle: {quiet: -1s}",
       "1: settle.quiet: \"-1s\" is no duration; write one such as 500ms, 10s, 1m30s or 1h"},
      {"settle: {quiet: \"1s\\n\"}",
       "1: settle.quiet: \"1s\\x0a\" is no duration; write one such as 500ms, 10s, 1m30s or 1h"},
      {"unfinished: {timeout: 100000h}",
       "1: unfinished.timeout: \"100000h\" is too long; write at most 3650d"},
      {"local: {rescan: 0s}",
       "1: local.rescan: \"0s\" is too short; write a duration of more than 0"},
      {"local: {max_file_size: 10}",
       "1: local.max_file_size: \"10\" does not fit; write a size from 1KiB to 1024MiB"},
  });
}

TEST_CASE("numbers are decimal and nothing else") {
  const std::string factor = " is no number; write one such as 2 or 1.5";
  const std::string burst = " does not fit; write a whole number from 1 to 1000000000";
  check({
      {"backoff: {factor: 02}", "1: backoff.factor: \"02\" begins with a zero; write 2"},
      {"backoff: {factor: .nan}", "1: backoff.factor: \".nan\"" + factor},
      {"backoff: {factor: .inf}", "1: backoff.factor: \".inf\"" + factor},
      {"backoff: {factor: 0x2}", "1: backoff.factor: \"0x2\"" + factor},
      {"backoff: {factor: 1e1}", "1: backoff.factor: \"1e1\"" + factor},
      {"backoff: {factor: 2.}", "1: backoff.factor: \"2.\"" + factor},
      {"backoff: {factor: +2}", "1: backoff.factor: \"+2\"" + factor},
      {"backoff: {factor: two}", "1: backoff.factor: \"two\"" + factor},
      {"budget: {burst: 010}", "1: budget.burst: \"010\" begins with a zero; write 10"},
      {"budget: {burst: 0x10}", "1: budget.burst: \"0x10\"" + burst},
      {"budget: {burst: 1_000}", "1: budget.burst: \"1_000\"" + burst},
      {"budget: {burst: 1.5}", "1: budget.burst: \"1.5\"" + burst},
      {"budget: {burst: -1}", "1: budget.burst: \"-1\"" + burst},
      {"budget: {burst: 0}", "1: budget.burst: \"0\"" + burst},
      {"budget: {burst: 99999999999999999999}",
       "1: budget.burst: \"99999999999999999999\"" + burst},
      {"budget: {rate: much}", "1: budget.rate: \"much\"" + factor + ", or unlimited"},
      {"unfinished: {max: 0}", "1: unfinished.max: \"0\"" + burst + ", or unlimited"},
      {"backoff: {unknown_level: 65}",
       "1: backoff.unknown_level: \"65\" does not fit; write a whole number from 0 to 64, or "
       "highest"},
      {"history: {keep: 0}", "1: history.keep: \"0\"" + burst},
      {"metrics: {max_workload_series: -1}",
       "1: metrics.max_workload_series: \"-1\" does not fit; write a whole number from 0 to "
       "1000000000"},
  });
}

TEST_CASE("values that do not fit each other blame the one that was set") {
  check({
      {"backoff:\n  base: 10s\n  max: 5s",
       "3: backoff.max: is 5s, but must not be less than backoff.base (10s)"},
      {"backoff:\n  base: 5m",
       "2: backoff.base: does not fit backoff.max, which is 1m4s, but must not be less than "
       "backoff.base (5m)"},
      {"backoff:\n  max: 20m",
       "2: backoff.max: does not fit backoff.unhealthy_max, which is 10m, but must not be less "
       "than backoff.max (20m)\n"
       "2: backoff.max: does not fit backoff.stable_after, which is 10m, but must not be less "
       "than the longest delay (20m)"},
      {"backoff: {stable_after: 1m}",
       "1: backoff.stable_after: is 1m, but must not be less than the longest delay (10m)"},
      {"backoff: {base: 0}", "1: backoff.base: is 0s, but must be more than 0"},
      {"backoff: {factor: 0.5}", "1: backoff.factor: is 0.5, but must be a number from 1 to 1000"},
      {"backoff: {factor: 1.01}",
       "1: backoff.factor: is 1.01, so small that unhealthy_max is not reached within 64 levels; "
       "raise it, or backoff.base"},
      {"settle: {quiet: 10s}",
       "1: settle.quiet: does not fit settle.max, which is 5s, but must not be less than "
       "settle.quiet (10s)"},
      {"budget: {rate: -1}",
       "1: budget.rate: is -1, but must be a number from 0 to 1000000, or unlimited"},
      {"unfinished: {timeout: 0}",
       "1: unfinished.timeout: is 0s, but must be more than 0, and not more than 3650d"},
      {"retry: {base: 0}", "1: retry.base: is 0s, but must be more than 0"},
      {"retry: {factor: 0}", "1: retry.factor: is 0, but must be a number from 1 to 1000"},
      {"retry: {max: 1ms}", "1: retry.max: is 1ms, but must not be less than retry.base (1s)"},
  });
}

TEST_CASE("a value that cannot be read starts no further complaints") {
  check({{"backoff: {base: 1x, max: 1ms}",
          "1: backoff.base: \"1x\" is no duration; write one such as 500ms, 10s, 1m30s or 1h"}});
}

TEST_CASE("addresses, words and paths are checked") {
  const std::string listen =
      " is no address to listen on; write HOST:PORT, such as 127.0.0.1:9911 or [::1]:9911";
  for (const std::string address :
       {"127.0.0.1", ":9911", "::1:9911", "[::1]", "[::1:9911", "[1.2.3.4]:1", "256.1.1.1:1",
        "h:65536", "h:-1", "h:01", "h:", "a b:1", "http://h:1", "h:1:2", ""}) {
    CHECK(errors_of("listen: \"" + address + "\"") ==
          "ebbgate.yaml:1: listen: \"" + address + "\"" + listen);
  }
  check({
      {"log: {level: trace}",
       "1: log.level: \"trace\" is unknown; write debug, info, warn or error"},
      {"log: {format: xml}", "1: log.format: \"xml\" is unknown; write text or json"},
      {"retry: {jitter: some}", "1: retry.jitter: \"some\" is unknown; write none, equal or full"},
      {"database: \"\"", "1: database: is empty; name a file or folder"},
      {"database: data/", "1: database: names a folder; name a file in it"},
      {"database: \"a\\0b\"", "1: database: \"a\\x00b\" has a NUL character; remove it"},
      {"local: {ignore: [\"\", a/b, \"[a\", 'a\\', \"\\t\", [b], ~]}",
       "1: local.ignore[0]: is empty; write a pattern such as *.swp\n"
       "1: local.ignore[1]: \"a/b\" has a slash; a pattern is for one name, such as *.swp\n"
       "1: local.ignore[2]: \"[a\" has a [ without its ]; close it, or write \\[\n"
       "1: local.ignore[3]: \"a\\\" ends with a single backslash; write it twice, or remove it\n"
       "1: local.ignore[4]: \"\\x09\" has a control character; write a pattern of printable "
       "characters\n"
       "1: local.ignore[5]: is a list; write a single value\n"
       "1: local.ignore[6]: has no value; write one, or remove the key"},
  });
  CHECK(errors_of("admin_socket: /" + std::string(99, 'x')) ==
        "ebbgate.yaml:1: admin_socket: its whole path has 100 bytes; write one of at most 99");
  CHECK(errors_of("admin_socket: /" + std::string(98, 'x')).empty());
  // Nobody asked for the default one: it stops nobody.
  const auto far =
      ebbgate::testing::load_text("database: /" + std::string(100, 'x') + "/ebbgate.db");
  REQUIRE(far.settings.has_value());
  CHECK(far.settings->admin_socket.empty());
  REQUIRE(far.warnings.size() == 2);
  CHECK(far.warnings[0] ==
        "admin_socket: is off, so `ebbgate release` does not work: its whole path has 114 bytes; "
        "write one of at most 99");
}

TEST_CASE("names of workloads are checked") {
  const auto errors = [](const std::string& name) {
    return errors_of("local:\n  workloads:\n    - name: " + name +
                     "\n      watch: [a]\n      update: {exec: [b]}\n");
  };
  const std::string place = "ebbgate.yaml:3: local.workloads[0].name: ";
  CHECK(errors("\"\"") == place + "is empty; write a name");
  CHECK(errors("a/b") == place + "\"a/b\" has a slash; write a name without /");
  CHECK(errors("\"a\\tb\"") ==
        place + "\"a\\x09b\" has a control character; write a name of printable characters");
  CHECK(errors("\"a\\u0085b\"") ==
        place + "\"a\u0085b\" has a control character; write a name of printable characters");
  CHECK(errors(std::string(254, 'x')) ==
        place + "\"" + std::string(60, 'x') + "…\" is too long; write at most 253 bytes");
  CHECK(errors(std::string(253, 'x')).empty());
  CHECK(errors("wéb").empty());
  CHECK(errors("[a]") == place + "is a list; write a single value");
}

TEST_CASE("two workloads of one namespace and name are an error") {
  const std::string rest = ", watch: [a], update: {exec: [b]}}\n";
  CHECK(errors_of("local:\n  workloads:\n  - {name: web" + rest + "  - {name: web, namespace: b" +
                  rest + "  - {name: web, namespace: default" + rest) ==
        "ebbgate.yaml:5: local.workloads[2].name: default/web is already the workload of line 3; "
        "give each a name of its own");
}

TEST_CASE("what a workload must have is asked for") {
  CHECK(errors_of("local:\n  workloads:\n  - {}") ==
        "ebbgate.yaml:3: local.workloads[0].name: is missing; write a name\n"
        "ebbgate.yaml:3: local.workloads[0].watch: is missing; list the files and folders to "
        "watch\n"
        "ebbgate.yaml:3: local.workloads[0].update: is missing; write one of exec, http or signal");
  CHECK(errors_of("local:\n  workloads:\n  - {name: a, update: {exec: [b]}, watch: []}\n"
                  "  - {name: b, update: {exec: [b]}, watch: a}\n"
                  "  - {name: c, update: {exec: [b]}, watch: [\"\", {}]}\n") ==
        "ebbgate.yaml:3: local.workloads[0].watch: is empty; list the files and folders to watch\n"
        "ebbgate.yaml:4: local.workloads[1].watch: is a single value; write a list, such as "
        "[a, b]\n"
        "ebbgate.yaml:5: local.workloads[2].watch[0]: is empty; name a file or folder\n"
        "ebbgate.yaml:5: local.workloads[2].watch[1]: is a map; write a single value");
}

TEST_CASE("an update is exactly one of exec, http and signal") {
  const std::string at = "5: local.workloads[0].update";
  check_workload({
      {"update: {}", at + ": has none of exec, http or signal; write one of them"},
      {"update: {timeout: 5s}", at + ": has none of exec, http or signal; write one of them"},
      {"update:", at + ": is missing; write one of exec, http or signal"},
      {"update: reload",
       at + ": is a single value; write a map with exec, http, signal or timeout"},
      {"update: {exec: [a], http: {url: \"http://h\"}}",
       at + ": has exec and http; keep one of them"},
      {"update: {exec: [a], http: {url: \"http://h\"}, signal: {pid_file: a, signal: HUP}}",
       at + ": has exec, http and signal; keep one of them"},
      {"update: {exec: []}",
       at + ".exec: is empty; write the program and its arguments, such as [nginx, -s, reload]"},
      {"update: {exec: }",
       at + ".exec: is empty; write the program and its arguments, such as [nginx, -s, reload]"},
      {"update: {exec: nginx -s reload}",
       at + ".exec: is a single value; write a list, such as [a, b]"},
      {"update: {exec: [\"\", a]}", at + ".exec[0]: is empty; name the program to run"},
      {"update: {exec: [a, ~, [b], \"\\0\"]}",
       at + ".exec[1]: has no value; put text in quotes, such as \"\"\n" + at +
           ".exec[2]: is a list; write a single value\n" + at +
           ".exec[3]: has a NUL character; remove it"},
      {"update: {exec: [a], timeout: 0s}",
       at + ".timeout: \"0s\" is too short; write a duration of more than 0"},
      {"update: {signal: {}}",
       at + ".signal.pid_file: is missing; name the file that holds the pid\n" + at +
           ".signal.signal: is missing; write a signal's name, such as HUP"},
      {"update: {signal: {pid_file: \"\", signal: BOO}}",
       at + ".signal.pid_file: is empty; name a file or folder\n" + at +
           ".signal.signal: \"BOO\" is no signal; write its name, such as HUP, USR1 or TERM"},
      {"update: {signal: {pid_file: a, signal: HUP, allow_pid_1: yes}}",
       at + ".signal.allow_pid_1: \"yes\" is unknown; write false or true"},
      {"update: {signal: {pid_file: a, signal: 1}}",
       at + ".signal.signal: \"1\" is no signal; write its name, such as HUP, USR1 or TERM"},
  });
}

TEST_CASE("an HTTP update is checked, and messages do not repeat what may be secret") {
  const std::string at = "5: local.workloads[0].update.http";
  const std::string scheme =
      ".url: does not begin with http:// or https://; write one such as "
      "http://127.0.0.1:8080/reload";
  const std::string wrong = ".url: is no HTTP URL; write one such as http://127.0.0.1:8080/reload";
  const std::string credentials =
      ".url: has a user or a password before the @; remove them, and let a header or a program of "
      "`exec` bring them";
  check_workload({
      {"update: {http: {}}",
       at + ".url: is missing; write one such as http://127.0.0.1:8080/reload"},
      {"update: {http: \"http://h\"}",
       at + ": is a single value; write a map with method, url or headers"},
      {"update: {http: {url: \"ftp://u:secret@h\"}}", at + scheme},
      {"update: {http: {url: \"\"}}", at + scheme},
      {"update: {http: {url: \"HTTP:/h\"}}", at + scheme},
      {"update: {http: {url: \"http://\"}}", at + wrong},
      {"update: {http: {url: \"http:///x\"}}", at + wrong},
      {"update: {http: {url: \"http://u:secret@h/\"}}", at + credentials},
      {"update: {http: {url: \"https://secret@h\"}}", at + credentials},
      {"update: {http: {url: \"http://h@secret@h?a\"}}", at + credentials},
      {"update: {http: {url: \"http://u:secret@:80/\"}}", at + wrong},
      {"update: {http: {url: \"http://h:99999/\"}}", at + wrong},
      {"update: {http: {url: \"http://h:0/\"}}", at + wrong},
      {"update: {http: {url: \"http://h:/\"}}", at + wrong},
      {"update: {http: {url: \"http://[::1/\"}}", at + wrong},
      {"update: {http: {url: \"http://h/a b\"}}",
       at + ".url: has a space, a control character or one that is not ASCII; write it "
            "percent-encoded"},
      {"update: {http: {url: \"http://h\", method: post}}",
       at + ".method: \"post\" is unknown; write GET, POST, PUT, PATCH or DELETE"},
      {"update: {http: {url: \"http://h\", headers: {\"a b\": secret, X: \"secret\\nY: 1\", Z: "
       "[a]}}}",
       at + ".headers.X: has a control character; write the value in one line\n" + at +
           ".headers.Z: is a list; write a single value\n" + at +
           ".headers.\"a b\": is no name of a header; write one such as Content-Type"},
      {"update: {http: {url: \"http://h\", headers: [a]}}",
       at + ".headers: is a list; write a map with names and values"},
  });
}

TEST_CASE("readiness, holds and first sight are checked") {
  const std::string at = "5: local.workloads[0].";
  check_workload(
      {
          {"ready: {}", at + "ready: has none of exec or http; write one of them"},
          {"ready: {exec: [a], http: \"http://h\"}",
           at + "ready: has exec and http; keep one of them"},
          {"ready: {http: {url: \"http://h\"}}", at + "ready.http: is a map; write a single value"},
          {"ready: {http: \"h\"}",
           at + "ready.http: does not begin with http:// or https://; write one such as "
                "http://127.0.0.1:8080/reload"},
          {"ready: yes",
           at + "ready: is a single value; write a map with exec, http, interval or timeout"},
          {"ready: {exec: [a], interval: 0}",
           at + "ready.interval: \"0\" is too short; write a duration of more than 0"},
          {"ready: {exec: [a], interval: 10m}",
           at + "ready.interval: timeout (5m) must not be less than interval (10m), after which "
                "the first probe comes; change one of them"},
          {"hold: yes", at + "hold: \"yes\" is neither true, false nor a time; write a time as "
                             "2026-12-24T18:00:00Z"},
          {"hold: 2026-13-24T18:00:00Z",
           at + "hold: \"2026-13-24T18:00:00Z\" is neither true, false nor a time; write a time "
                "as 2026-12-24T18:00:00Z"},
          {"on_first_sight: ignore",
           at + "on_first_sight: \"ignore\" is unknown; write adopt or update"},
      },
      "      update: {exec: [a]}\n");
}

TEST_CASE("a workload's own policy is checked together with the global values") {
  const std::string at = "5: local.workloads[0].";
  const std::string rest = "      update: {exec: [a]}\n";
  check_workload(
      {
          {"backoff: {max: 500ms}",
           at + "backoff.max: is 500ms, but must not be less than backoff.base (1s)"},
          {"backoff: {base: 2m}",
           at + "backoff.base: does not fit backoff.max, which is 1m4s, but must not be less than "
                "backoff.base (2m)"},
          {"settle: {quiet: 1m}",
           at + "settle.quiet: does not fit settle.max, which is 5s, but must not be less than "
                "settle.quiet (1m)"},
          {"backoff: {max: 1x, maxx: 1}",
           at + "backoff.maxx: is an unknown key; did you mean local.workloads[0].backoff.max?\n" +
               at +
               "backoff.max: \"1x\" is no duration; write one such as 500ms, 10s, 1m30s or 1h"},
          {"backoff: {unknown_level: 3}",
           at + "backoff.unknown_level: is an unknown key; write one of base, factor, max, "
                "stable_after or unhealthy_max"},
          {"backoff: 5m",
           at + "backoff: is a single value; write a map with base, factor, max, stable_after or "
                "unhealthy_max"},
      },
      rest);
  CHECK(workload_errors("      backoff: {max: 5m, factor: 1}\n" + rest).empty());
}

TEST_CASE("a global mistake is not said again for each workload") {
  CHECK(errors_of("backoff: {max: 1ms}\nlocal:\n  workloads:\n"
                  "  - {name: a, watch: [a], update: {exec: [b]}, backoff: {factor: 3}}\n"
                  "  - {name: b, watch: [a], update: {exec: [b]}}\n") ==
        "ebbgate.yaml:1: backoff.max: is 1ms, but must not be less than backoff.base (1s)");
}

TEST_CASE("everything wrong is said at once: the file by line, then variables, then flags") {
  CHECK(errors_of("lisen: a\nlog: {level: x}\nlocal:\n  workloads:\n  - {name: a/b, watch: [a], "
                  "update: {exec: [b]}}\nretry: {max: 1ms}\n",
                  {{"backoff.max", "5"}, {"no.such", "1"}, {"settle.max", "1ms"}},
                  {{"EBBGATE_HISTORY_KEEP", "many"},
                   {"EBBGATE_BACKOFF_STABLE_AFTER", "1s"},
                   {"EBBGATE_SERVICE_HOST", "10.0.0.1"},
                   {"EBBGATE_BACKOFF", "x"}}) ==
        "ebbgate.yaml:1: lisen: is an unknown key; did you mean listen?\n"
        "ebbgate.yaml:2: log.level: \"x\" is unknown; write debug, info, warn or error\n"
        "ebbgate.yaml:5: local.workloads[0].name: \"a/b\" has a slash; write a name without /\n"
        "ebbgate.yaml:6: retry.max: is 1ms, but must not be less than retry.base (1s)\n"
        "EBBGATE_HISTORY_KEEP: \"many\" does not fit; write a whole number from 1 to 1000000000\n"
        "--backoff.max: \"5\" is no duration; write one such as 500ms, 10s, 1m30s or 1h\n"
        "--no.such: is an unknown setting; see ebbgate run --help\n"
        "--settle.max: is 1ms, but must not be less than settle.quiet (500ms)");
}
