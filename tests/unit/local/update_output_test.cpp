#include <doctest/doctest.h>

#include "controller/local/command_output.h"
#include "tests/unit/local/update_support.h"

namespace ebbgate::local {
namespace {

struct Output {
  std::vector<std::string> lines;
  CommandOutput output{"web: ", [this](const std::string& line) { lines.push_back(line); }};
};

}  // namespace

TEST_CASE("What a command prints is logged line by line, both streams, under the workload's name") {
  Bench bench;
  bench.update(shell_workload("echo one; echo two >&2; printf three"));
  CHECK(bench.recorder.lines(3) == std::vector<std::string>{"default/Local/web: one",
                                                            "default/Local/web: two",
                                                            "default/Local/web: three"});
}

TEST_CASE("Lines come out whole however their bytes come in") {
  Output output;
  for (const char byte : std::string("a\r\n\nbc\n")) output.output.add({&byte, 1});
  output.output.finish();
  CHECK(output.lines == std::vector<std::string>{"web: a", "web: ", "web: bc"});
}

TEST_CASE("Control characters and what is not UTF-8 are made harmless, other text is kept") {
  Output output;
  output.output.add(
      "\x1b[31mred\a Gr\xC3\xBC\xC3\x9F"
      "e \xff\n");
  CHECK(output.lines == std::vector<std::string>{"web: \\x1b[31mred\\x07 Grüße \\xff"});
}

TEST_CASE("The last lines are kept, harmless and short, however much came before them") {
  Output output;
  for (int i = 0; i < 10000; ++i) output.output.add("line " + std::to_string(i) + "\r\n");
  output.output.add("\n  the \x1b[1mend");
  CHECK(output.output.last_lines() ==
        "line 9996 | line 9997 | line 9998 | line 9999 |   the \\x1b[1mend");

  Output one_line;
  one_line.output.add(std::string(100000, 'x') + "end");
  CHECK(one_line.output.last_lines().size() <= CommandOutput::kLastBytes);
  CHECK(one_line.output.last_lines().ends_with("xend"));
  CHECK(Output().output.last_lines().empty());
}

TEST_CASE("Output beyond 64 lines is counted, not logged") {
  Output output;
  for (int i = 0; i < 1000; ++i) output.output.add("123456789\n");
  output.output.finish();
  REQUIRE(output.lines.size() == 65);
  CHECK(output.lines[63] == "web: 123456789");
  CHECK(output.lines[64] == "web: … 9360 bytes more left out");
}

TEST_CASE("Output beyond 16 KiB is counted, not logged, in one long line as well") {
  Output output;
  output.output.add(std::string(40000, 'x'));
  output.output.finish();
  REQUIRE(output.lines.size() == 2);
  CHECK(output.lines[0] == "web: " + std::string(16384, 'x'));
  CHECK(output.lines[1] == "web: … 23616 bytes more left out");
}

TEST_CASE("A command that prints without end is ended in time and logs little") {
  Bench bench;
  auto workload = command_workload({"yes"});
  workload.update.timeout = std::chrono::milliseconds(200);
  CHECK(bench.update(workload).outcome == Outcome::unknown);
  CHECK(bench.recorder.lines_so_far() <= CommandOutput::kMaxLines + 1);
}

TEST_CASE("Secrets among a command's arguments are masked in what it prints") {
  Bench bench;
  auto workload = shell_workload("echo \"got $1\"; echo 'and s3cr%65t' >&2; exit 1");
  workload.update.exec.insert(workload.update.exec.end(), {"web", "--token=s3cret"});
  const Answer answer = bench.update(workload);
  CHECK(answer.detail == "exit status 1: got --token=******** | and ********");
  CHECK(bench.recorder.lines(2) ==
        std::vector<std::string>{"default/Local/web: got --token=********",
                                 "default/Local/web: and ********"});
}

TEST_CASE("Of a secret that was cut nothing is told") {
  std::vector<std::string> lines;
  const std::string secret(300, 's');
  CommandOutput output(
      "", [&](const std::string& line) { lines.push_back(line); }, SecretSearch({secret + "x"}));
  output.add(std::string(CommandOutput::kMaxBytes - 100, '-') + secret + "x and more");
  output.add(std::string(2 * CommandOutput::kLastBytes - 50, '+'));
  output.finish();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find('s') == std::string::npos);
  CHECK(output.last_lines().find('s') == std::string::npos);
}

}  // namespace ebbgate::local
