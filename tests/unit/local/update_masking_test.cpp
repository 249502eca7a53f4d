#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "controller/local/command_output.h"

namespace ebbgate::local {
namespace {

std::string random_secret(std::size_t length) {
  std::minstd_rand random(static_cast<unsigned>(length));
  std::string secret;
  for (std::size_t i = 0; i < length; ++i) {
    secret += static_cast<char>('A' + std::uniform_int_distribution<int>(0, 25)(random));
  }
  return secret;
}

bool shows_a_piece(const std::string& text, const std::string& secret) {
  const std::string twice = secret + secret;
  for (std::size_t at = 0; at < secret.size(); ++at) {
    if (text.find(twice.substr(at, 4)) != std::string::npos) return true;
  }
  return false;
}

struct Told {
  std::vector<std::string> lines;
  std::string last;
};

Told told(const std::string& output, const std::string& secret, std::size_t piece = 4096) {
  Told result;
  CommandOutput command(
      "", [&](const std::string& line) { result.lines.push_back(line); }, SecretSearch({secret}));
  for (std::size_t at = 0; at < output.size(); at += piece) {
    command.add(std::string_view(output).substr(at, piece));
  }
  command.finish();
  result.last = command.last_lines();
  return result;
}

std::string repeated(const std::string& text, std::size_t bytes) {
  std::string result;
  while (result.size() < bytes) result += text;
  return result;
}

}  // namespace

TEST_CASE("Of secrets without a pause between them no piece is shown, wherever the output is cut") {
  for (const std::size_t length : {4U, 5U, 7U, 16U, 40U, 63U, 300U}) {
    const std::string secret = random_secret(length);
    const std::string row = repeated(secret, CommandOutput::kMaxBytes + 40 * length);
    for (std::size_t before = 0; before < std::min<std::size_t>(length, 41); ++before) {
      const Told shown = told(std::string(before, '-') + row, secret);
      CAPTURE(length);
      CAPTURE(before);
      for (const std::string& line : shown.lines) CHECK_FALSE(shows_a_piece(line, secret));
      CHECK_FALSE(shows_a_piece(shown.last, secret));
      CHECK(shown.lines.front().starts_with(std::string(before, '-') + "********"));
      CHECK(shown.last.ends_with("********"));
    }
  }
}

TEST_CASE("What is cut beside a secret is shown up to the cut") {
  const std::string secret = random_secret(40);
  const Told shown = told(std::string(20000, '-') + secret + std::string(100, '+'), secret);
  CHECK(shown.lines.front() == std::string(CommandOutput::kMaxBytes, '-'));
  CHECK(shown.lines.back() == "… 3756 bytes more left out");
  CHECK(shown.last.ends_with("--********" + std::string(100, '+')));
}

TEST_CASE("A secret whose encoding has line breaks is masked in all lines that have some of it") {
  for (const std::size_t piece : {1U, 7U, 4096U}) {
    CAPTURE(piece);
    const Told shown = told(
        "first\nc3dvcmRmaXNo\r\nLWFuZC1tb3Jl\nlast\n7377 6f72 6466\n6973 682d"
        " 616e 642d\n6d6f 7265\n\nend",
        "swordfish-and-more", piece);
    CHECK(shown.lines == std::vector<std::string>{"first", "********", "********", "last",
                                                  "********", "********", "********", "", "end"});
    CHECK(shown.last == "first | ******** | last | ******** | end");
  }
}

TEST_CASE("Lines are logged as they come where they do not end within what may be a secret") {
  std::vector<std::string> lines;
  CommandOutput output(
      "", [&](const std::string& line) { lines.push_back(line); }, SecretSearch({"swordfish"}));
  output.add("one\ntwo, of which\n");
  CHECK(lines.size() == 2);
  output.add("c3dvcmRm\n");
  CHECK(lines.size() == 2);
  output.add("no\n");
  CHECK(lines == std::vector<std::string>{"one", "two, of which", "c3dvcmRm", "no"});
}

}  // namespace ebbgate::local
