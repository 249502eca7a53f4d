#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "controller/configuration/problems.h"
#include "controller/configuration/scalar_settings.h"
#include "tests/unit/configuration/loading.h"

using ebbgate::Settings;
using ebbgate::configuration::LoadResult;
using ebbgate::testing::load_text;

namespace {

std::string documentation() {
  std::ifstream file(EBBGATE_CONFIGURATION_DOCUMENTATION);
  REQUIRE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The ```yaml blocks.
std::vector<std::string> examples() {
  const std::string text = documentation();
  const std::string begin = "\n```yaml\n";
  std::vector<std::string> result;
  std::size_t at = 0;
  while ((at = text.find(begin, at)) != std::string::npos) {
    at += begin.size();
    const std::size_t end = text.find("\n```\n", at);
    REQUIRE(end != std::string::npos);
    result.push_back(text.substr(at, end + 1 - at));
  }
  return result;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

TEST_CASE("docs/configuration.md lists every setting as it is") {
  const std::string text = documentation();
  for (const auto& setting : ebbgate::configuration::scalar_settings()) {
    const std::string value = setting.write(Settings{});
    const std::string row = "\n| `" + setting.key + "` | `" +
                            ebbgate::configuration::variable_name(setting.key) + "` | " +
                            replaced(setting.value, "|", "\\|") + " | " +
                            (value.empty() ? "(empty)" : "`" + value + "`") + " | " +
                            (setting.reload ? "yes" : "restart") + " | " + setting.help + " |\n";
    INFO("missing row: " << row);
    CHECK(text.find(row) != std::string::npos);
  }
}

TEST_CASE("the examples of docs/configuration.md load") {
  REQUIRE(examples().size() == 6);
  for (const std::string& example : examples()) {
    const LoadResult result = load_text(example);
    CHECK(result.errors == std::vector<std::string>());
    CHECK(result.warnings == std::vector<std::string>());
  }
}

TEST_CASE("the defaults that docs/configuration.md shows are the defaults") {
  const std::string example = examples().front();
  const LoadResult shown = load_text(example);
  const LoadResult defaults = load_text("");
  REQUIRE(shown.settings.has_value());
  REQUIRE(defaults.settings.has_value());
  for (const auto& setting : ebbgate::configuration::scalar_settings()) {
    CAPTURE(setting.key);
    const std::string name = std::string(setting.name()) + ": ";
    CHECK(example.find(name) != std::string::npos);
    if (setting.key != "database" && setting.key != "admin_socket") {
      CHECK(setting.write(*shown.settings) == setting.write(*defaults.settings));
    }
  }
  CHECK(example.find("\ndatabase: ebbgate.db ") != std::string::npos);
  CHECK(example.find("\nadmin_socket: ebbgate.sock ") != std::string::npos);
  CHECK(shown.settings->local.ignore == defaults.settings->local.ignore);
  CHECK(shown.settings->kubernetes == defaults.settings->kubernetes);
  CHECK(example.find("  namespaces: [] ") != std::string::npos);
  CHECK(example.find("  honor: [wave] ") != std::string::npos);

  REQUIRE(shown.settings->local.workloads.size() == 1);
  const ebbgate::LocalWorkload& workload = shown.settings->local.workloads[0];
  ebbgate::LocalWorkload expected;
  expected.name = "web";
  expected.watch = workload.watch;
  expected.update.exec = {"nginx", "-s", "reload"};
  expected.ready.emplace().http = ebbgate::HttpRequest{"GET", "http://127.0.0.1:8080/healthz", {}};
  expected.backoff.max = std::chrono::minutes(5);
  CHECK(workload == expected);

  REQUIRE(shown.settings->feedback.size() == 1);
  ebbgate::feedback::PeerSettings peer;
  peer.name = "sidecar";
  peer.socket = "/run/sidecar.sock";
  CHECK(shown.settings->feedback[0] == peer);
  for (const char* key : {"queue", "outcomes", "dial", "write", "ack", "attempts", "max_message",
                          "owner", "mode", "base", "factor", "max", "jitter"}) {
    CAPTURE(key);
    CHECK(example.find(key + std::string(": "), example.find("\nfeedback:")) != std::string::npos);
  }
}
