#include "controller/simulation/trace.h"

#include <sstream>

#include <doctest/doctest.h>

using namespace ebbgate;
using namespace ebbgate::simulation;
using namespace std::chrono_literals;

namespace {

const std::string kWeb = R"({"at":"0s","workload":"default/Deployment/web","fingerprint":"a"})";

ParsedTrace parse(const std::string& text) {
  std::istringstream input(text);
  return parse_trace(input);
}

std::string problem_of(const std::string& text) {
  const ParsedTrace parsed = parse(text);
  return parsed.problems.empty() ? "" : parsed.problems.front();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every kind of line is read") {
  const ParsedTrace parsed = parse(kWeb + R"(
{"at":"1.5s","workload":"default/Deployment/web","ready":true}

{"at":"1.5s","workload":"default/Deployment/web","fails":2}
{"at":"1m","restart":true}
{"at":"1m1s","crash":true}
)");
  CHECK(parsed.problems.empty());
  REQUIRE(parsed.trace.workloads.size() == 1);
  CHECK(parsed.trace.workloads[0].key == WorkloadKey{"default", "Deployment", "web"});
  CHECK(parsed.trace.workloads[0].judged);
  const auto& events = parsed.trace.events;
  REQUIRE(events.size() == 5);
  CHECK(events[0].kind == EventKind::fingerprint);
  CHECK(events[0].fingerprint == "a");
  CHECK(events[1].kind == EventKind::ready);
  CHECK(events[1].ready);
  CHECK(events[1].at == Duration(1500ms));
  CHECK(events[2].kind == EventKind::fails);
  CHECK(events[2].count == 2);
  CHECK(events[3].kind == EventKind::restart);
  CHECK(events[4].kind == EventKind::crash);
  CHECK(events[4].at == Duration(61s));
}

TEST_CASE("a workload without a ready line is not judged") {
  CHECK_FALSE(parse(kWeb).trace.workloads[0].judged);
}

TEST_CASE("an empty trace is a trace") {
  CHECK(parse("").problems.empty());
  CHECK(parse("\n \r\n").problems.empty());
}

TEST_CASE("time that goes backwards is refused, with the line's number") {
  const std::string problem = problem_of(kWeb + "\n" + R"({"at":"2s","restart":true})" + "\n" +
                                         R"({"at":"1s","restart":true})");
  CHECK(problem == "line 3: at 1s is before the line above (2s); lines must be in order of time");
}

TEST_CASE("what is wrong is told with what would be right") {
  const auto second_line = [](const std::string& line) { return problem_of(kWeb + "\n" + line); };
  CHECK(contains(second_line("{"), "line 2: no valid JSON at column"));
  CHECK(contains(second_line("[]"), "line 2: must be a JSON object"));
  CHECK(contains(second_line(R"({"restart":true})"), "at must be the time since the beginning"));
  CHECK(contains(second_line(R"({"at":5,"restart":true})"), "such as \"1.5s\""));
  CHECK(contains(second_line(R"({"at":"soon","restart":true})"), "such as \"1.5s\""));
  CHECK(contains(second_line(R"({"at":"100000d","restart":true})"), "at most 10 years"));
  CHECK(contains(second_line(R"({"at":"1s","fingerprint":"a"})"), "NAMESPACE/KIND/NAME"));
  CHECK(contains(second_line(R"({"at":"1s","workload":"web","fingerprint":"a"})"),
                 "NAMESPACE/KIND/NAME"));
  CHECK(contains(second_line(R"({"at":"1s","workload":"a/b/c"})"), "exactly one of"));
  CHECK(contains(second_line(R"({"at":"1s","restart":true,"crash":true})"), "exactly one of"));
  CHECK(contains(second_line(R"({"at":"1s","workload":"a/b/c","finger":"a"})"),
                 "unknown key \"finger\""));
  CHECK(contains(second_line(R"({"at":"1s","workload":"a/b/c","fingerprint":1})"),
                 "fingerprint must be a text"));
  CHECK(contains(second_line(R"({"at":"1s","workload":"a/b/c","ready":true})"),
                 "its first line must tell the \"fingerprint\""));
  CHECK(contains(second_line(R"({"at":"1s","workload":"default/Deployment/web","ready":1})"),
                 "ready must be true or false"));
  CHECK(contains(second_line(R"({"at":"1s","workload":"default/Deployment/web","fails":-1})"),
                 "fails must be a whole number"));
  CHECK(contains(second_line(R"({"at":"1s","workload":"default/Deployment/web","fails":1.5})"),
                 "fails must be a whole number"));
  CHECK(contains(second_line(R"({"at":"1s","restart":false})"), "restart must be true"));
  CHECK(
      contains(second_line(R"({"at":"1s","workload":"a/b/c","crash":true})"), "not of a workload"));
}

TEST_CASE("all problems are told at once, up to a bound") {
  CHECK(parse("{\n[]\n{}\n").problems.size() == 3);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "{}\n";
  CHECK(parse(many).problems.size() == 20);
}
