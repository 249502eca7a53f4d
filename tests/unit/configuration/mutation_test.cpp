#include <random>

#include <doctest/doctest.h>

#include "controller/configuration/effective.h"
#include "tests/unit/configuration/loading.h"

using ebbgate::configuration::load;
using ebbgate::configuration::LoadResult;
using ebbgate::testing::TemporaryFolder;

namespace {

const std::string kValid = R"(provider: local
database: ebbgate.db
listen: 127.0.0.1:9911
log: {level: info, format: text}
backoff: &b {base: 1s, factor: 2, max: 64s, stable_after: 10m, unhealthy_max: 10m}
settle: {quiet: 500ms, max: 5s}
budget: {rate: 1, burst: 100}
unfinished: {max: unlimited, timeout: 10m}
history:
  keep: 10000
local:
  rescan: 1m
  ignore: ["*.swp", "[ab]*"]
  workloads:
    - name: web
      watch: &w [conf.d/, 'app.yaml']
      update:
        exec: [nginx, -s, "reload\t"]
        timeout: 30s
      ready: {http: "http://127.0.0.1:8080/healthz"}
      hold: 2026-12-24T18:00:00Z
      backoff: *b
    - name: api
      watch: *w
      update: {http: {url: "http://h/x", headers: {A: b}}}
    - {name: c, watch: [a], update: {signal: {pid_file: /run/a, signal: HUP}}}
kubernetes:
  namespaces: [a, b-c]
  honor: [wave]
  leader_election: {name: x.y, duration: 20s, retry: 1s}
feedback:
  - name: sidecar
    socket: run/a.sock
    max_message: 64KiB
    require: {mode: "0600"}
  - {name: b, socket: /b, timeouts: {ack: 1s}, reconnect: {base: 1s, jitter: full}}
)";

const std::vector<std::string> kPieces = {"\n",
                                          " ",
                                          "  ",
                                          ":",
                                          ": ",
                                          "- ",
                                          "[",
                                          "]",
                                          "{",
                                          "}",
                                          ",",
                                          "\"",
                                          "'",
                                          "&b ",
                                          "*b",
                                          "*w",
                                          "!!int ",
                                          "!x ",
                                          "|",
                                          ">",
                                          "#",
                                          "%",
                                          "@",
                                          "?",
                                          "? ",
                                          "---\n",
                                          "...\n",
                                          "~",
                                          "null",
                                          "0",
                                          "-1",
                                          ".nan",
                                          "1e9",
                                          "9999999999999999999",
                                          "true",
                                          "\t",
                                          std::string(1, '\0'),
                                          "\xFF",
                                          "é",
                                          "<<: *b",
                                          "\\",
                                          "\r\n",
                                          "1h",
                                          "0s",
                                          "999999999h",
                                          "http://",
                                          "://",
                                          "::",
                                          "name: ",
                                          "max: ",
                                          "\xEF\xBB\xBF"};

// One random edit; all randomness comes from `random`.
void mutate(std::string& text, std::mt19937& random) {
  const auto below = [&](std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
  };
  const std::size_t at = below(text.size() + 1);
  const std::size_t length = std::min(below(20), text.size() - at);
  switch (below(5)) {
    case 0:
      text.insert(at, kPieces[below(kPieces.size())]);
      break;
    case 1:
      text.erase(at, length);
      break;
    case 2:
      text.replace(at, length, kPieces[below(kPieces.size())]);
      break;
    case 3:
      text.insert(below(text.size() + 1), text.substr(at, length));
      break;
    default:
      if (at < text.size()) text[at] = static_cast<char>(below(256));
  }
  if (text.empty()) text = "a";
}

}  // namespace

TEST_CASE("whatever is done to a file, it ends in settings that read back, or in errors") {
  const TemporaryFolder folder;
  int good = 0;
  int bad = 0;
  for (unsigned int seed = 0; seed < 1500; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string text = kValid;
    for (unsigned int i = 0; i <= seed % 4; ++i) mutate(text, random);
    folder.write("ebbgate.yaml", text);
    const LoadResult result = load({"ebbgate.yaml", {}, {}, folder.path()});
    REQUIRE(result.settings.has_value() == result.errors.empty());
    for (const std::string& error : result.errors) {
      REQUIRE(error.starts_with("ebbgate.yaml:"));
      CAPTURE(error);
      REQUIRE(error.find('\n') == std::string::npos);
    }
    ++(result.settings ? good : bad);
    if (!result.settings) continue;
    const std::string printed = ebbgate::configuration::effective_yaml(*result.settings);
    CAPTURE(text);
    folder.write("printed.yaml", printed);
    const LoadResult again = load({"printed.yaml", {}, {}, folder.path()});
    REQUIRE(again.errors == std::vector<std::string>());
    REQUIRE(ebbgate::configuration::effective_yaml(*again.settings) == printed);
  }
  CHECK(good > 20);
  CHECK(bad > 100);
}
