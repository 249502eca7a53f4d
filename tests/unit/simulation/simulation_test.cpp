#include "controller/simulation/simulation.h"

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace ebbgate;
using namespace std::chrono_literals;

namespace {

struct Result {
  int code = 0;
  std::string out;
  std::string err;
};

Settings without_jitter() {
  Settings settings;
  settings.retry.jitter = governor::Jitter::none;
  return settings;
}

Settings without_settle() {
  Settings settings = without_jitter();
  settings.settle = {0s, 0s};
  return settings;
}

Result run(const std::string& trace, const Settings& settings, bool json = true) {
  std::istringstream input(trace);
  std::ostringstream out;
  std::ostringstream err;
  const int code = simulate(input, settings, json, out, err);
  return {code, out.str(), err.str()};
}

std::string line(const std::string& at, const std::string& rest) {
  return R"({"at":")" + at + R"(","workload":"default/Deployment/web",)" + rest + "}\n";
}
std::string change(const std::string& at, const std::string& fingerprint) {
  return line(at, R"("fingerprint":")" + fingerprint + "\"");
}

/// A new content each `step` milliseconds, from 0 until before `end`.
std::string storm(int step, int end) {
  std::string trace = change("0s", "before");
  for (int at = 0; at < end; at += step) {
    trace += change(std::to_string(at) + "ms", std::to_string(at));
  }
  return trace;
}

/// `at` of all decisions of one action, in order.
std::vector<std::string> times(const Result& result, const std::string& action) {
  std::vector<std::string> times;
  std::istringstream lines(result.out);
  for (std::string text; std::getline(lines, text);) {
    const auto json = nlohmann::json::parse(text);
    if (json["action"] == action) times.push_back(json["at"]);
  }
  return times;
}

/// The code block that follows a marker of docs/simulate.md.
std::string documented(const std::string& marker) {
  std::ifstream file(EBBGATE_SOURCE_DIR "/docs/simulate.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto at = text.find("<!-- " + marker + " -->");
  REQUIRE(at != std::string::npos);
  const auto begin = text.find('\n', text.find("```", at)) + 1;
  return text.substr(begin, text.find("```", begin) - begin);
}

using Times = std::vector<std::string>;

}  // namespace

TEST_CASE("the documented example gives what the documentation says") {
  const std::string trace = documented("trace");
  const Result json = run(trace, without_jitter(), true);
  CHECK(json.code == 0);
  CHECK(json.err.empty());
  CHECK(json.out == documented("json"));
  CHECK(run(trace, without_jitter(), false).out == documented("table"));
}

TEST_CASE("a storm goes out at 0, 1, 3, 7 … 63, 127, 191, 255 s") {
  const Result result = run(storm(500, 255000), without_settle());
  CHECK(times(result, "update") ==
        Times{"0s", "1s", "3s", "7s", "15s", "31s", "1m3s", "2m7s", "3m11s", "4m15s"});
}

TEST_CASE("a restart and a crash forget nothing") {
  const Times expected = times(run(storm(500, 130000), without_settle()), "update");
  for (const char* event : {"restart", "crash"}) {
    std::string trace = storm(500, 70000);
    trace += R"({"at":"70s",")" + std::string(event) + "\":true}\n";
    for (int at = 70000; at < 130000; at += 500) {
      trace += change(std::to_string(at) + "ms", std::to_string(at));
    }
    CHECK(times(run(trace, without_settle()), "update") == expected);
  }
}

TEST_CASE("a restart with nothing changed sends nothing") {
  const std::string trace =
      change("0s", "a") + change("1s", "b") + "{\"at\":\"10s\",\"crash\":true}\n";
  CHECK(times(run(trace, without_settle()), "update") == Times{"1s"});
}

TEST_CASE("a workload with ready lines is judged, so that its backoff goes on past max") {
  std::string trace = change("0s", "a") + line("0s", R"("ready":true)");
  for (int at = 1; at <= 1300; ++at) trace += change(std::to_string(at) + "s", std::to_string(at));
  const Times updates = times(run(trace, without_settle()), "update");
  REQUIRE(updates.size() >= 11);
  // 1 s + 1, 3, … 127, 255, 511, 1023 s
  CHECK(updates[8] == "4m16s");
  CHECK(updates[9] == "8m32s");
  CHECK(updates[10] == "17m4s");
}

TEST_CASE("refused updates are retried and raise nothing") {
  const std::string trace = change("0s", "a") + line("1s", R"("fails":2)") + change("1s", "b");
  const Result result = run(trace, without_settle());
  CHECK(times(result, "retry") == Times{"1s", "2s"});
  CHECK(times(result, "update") == Times{"4s"});
  CHECK(result.out.find(R"("fingerprint":"b","level":1)") != std::string::npos);
}

TEST_CASE("a workload whose updates are refused is failing, and how often is told") {
  const std::string trace = change("0s", "a") + line("1s", R"("fails":2)") + change("1s", "b");
  const Result result = run(trace, without_settle());
  CHECK(result.out.find(R"("action":"retry","level":0,"until":"2s","state":"failing",)"
                        R"("outcome":"refused","failures":1})") != std::string::npos);
  CHECK(result.out.find(R"("until":"4s","state":"failing","outcome":"refused","failures":2})") !=
        std::string::npos);
  CHECK(result.out.find(R"("action":"update","fingerprint":"b","level":1})") != std::string::npos);
}

TEST_CASE("a hold tells its gate and until when") {
  const Result result =
      run(change("0s", "a") + change("1s", "b") + change("1.5s", "c"), without_settle());
  CHECK(result.out.find(R"("at":"1s500ms","workload":"default/Deployment/web","action":"hold",)"
                        R"("level":1,"gate":"backoff","until":"2s")") != std::string::npos);
}

TEST_CASE("time runs on after the last line until everything is forgiven") {
  const Result result = run(change("0s", "a") + change("1s", "b"), without_settle());
  CHECK(times(result, "forgive") == Times{"10m1s"});
}

TEST_CASE("what never comes to rest by itself is told as still waiting") {
  Settings settings = without_settle();
  settings.budget.rate = 0;
  const Result result = run(change("0s", "a") + change("1s", "b"), settings, false);
  CHECK(result.code == 0);
  CHECK(result.out.find("still waiting  1\n") != std::string::npos);
}

TEST_CASE("every change is counted once: changes = updates + coalesced + still waiting") {
  std::string trace = storm(100, 20000);
  trace += "{\"at\":\"20s\",\"crash\":true}\n" + change("20.1s", "x") + change("20.2s", "19900");
  const Result result = run(trace, without_settle(), false);
  const auto number = [&](const std::string& name) {
    const auto at = result.out.find("\n" + name + " ");
    REQUIRE(at != std::string::npos);
    return std::stoi(result.out.substr(at + 1 + name.size()));
  };
  CHECK(number("changes") == 202);
  CHECK(number("updates") + number("coalesced") + number("still waiting") == 202);
}

TEST_CASE("the same trace gives the same report, jitter and all") {
  const std::string trace = storm(300, 30000) + line("30s", R"("fails":5)") + change("30s", "x");
  const Settings settings;
  CHECK(run(trace, settings).out == run(trace, settings).out);
}

TEST_CASE("the table has whole milliseconds, and two spaces between any two columns") {
  const std::string trace = change("0s", "before") + line("661000ms", R"("fails":3)") +
                            change("661000938us", "x") + change("86399999938us", "y");
  const Result result = run(trace, Settings(), false);
  CHECK(result.code == 0);
  CAPTURE(result.out);
  const std::string table = result.out.substr(0, result.out.find("\n\n"));
  CHECK_FALSE(std::regex_search(table, std::regex("[0-9](us|ns)")));
  std::istringstream lines(table);
  for (std::string row; std::getline(lines, row);) {
    if (row.starts_with("AT")) continue;
    CHECK(row.find("  default/Deployment/web  ") != std::string::npos);
  }
}

TEST_CASE("a wrong trace is told line by line, and nothing is simulated") {
  const Result result = run(change("0s", "a") + "nonsense\n{}\n", Settings());
  CHECK(result.code == 2);
  CHECK(result.out.empty());
  CHECK(result.err.starts_with("trace: line 2: no valid JSON"));
  CHECK(result.err.find("trace: line 3: at must be") != std::string::npos);
}
