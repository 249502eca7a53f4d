#include "controller/commands/manual.h"

#include <regex>
#include <set>

#include <doctest/doctest.h>

#include "controller/configuration/command_line.h"

using ebbgate::configuration::describe_command_line;

namespace {

std::string page() {
  return ebbgate::commands::manual(describe_command_line());
}

}  // namespace

TEST_CASE("the man page has every command, and every flag with its description") {
  const std::string text = page();
  for (const auto& command : describe_command_line().commands) {
    CAPTURE(command.name);
    CHECK(text.find(".Ss ebbgate " + command.name + "\n") != std::string::npos);
    for (const auto& flag : command.flags) {
      CAPTURE(flag.name);
      CHECK(text.find(" Fl Fl " + flag.name.substr(2)) != std::string::npos);
    }
  }
}

TEST_CASE("the man page names no flag and no command that there is not") {
  std::set<std::string> flags;
  std::set<std::string> commands;
  for (const auto& command : describe_command_line().commands) {
    commands.insert(command.name);
    for (const auto& flag : command.flags) flags.insert(flag.name);
  }
  const std::string text = page();
  const std::regex written(
      R"(Fl Fl ([a-z_.]*[a-z])|\s(--[a-z_.]*[a-z])|ebbgate ([a-z]+) |Nm Cm (\S+))");
  std::size_t found = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), written), end; at != end; ++at) {
    ++found;
    const std::smatch& match = *at;
    CAPTURE(match.str());
    if (match[1].matched) CHECK(flags.contains("--" + match[1].str()));
    if (match[2].matched) CHECK(flags.contains(match[2].str()));
    if (match[3].matched) CHECK(commands.contains(match[3].str()));
    if (match[4].matched) CHECK(commands.contains(match[4].str()));
  }
  CHECK(found > 60);
}

TEST_CASE("text of help is no request of troff") {
  ebbgate::configuration::Usage usage;
  usage.commands.push_back({"go", ".Sh odd \\n text", {}, "", "", {}});
  usage.commands[0].flags.push_back({"--on", "", "'tis", {"\"A B\"", false, false, {}}, false});
  const std::string text = ebbgate::commands::manual(usage);
  CHECK(text.find("\n\\&.Sh odd \\en text.\n") != std::string::npos);
  CHECK(text.find("\n\\&'tis\n") != std::string::npos);
  CHECK(text.find(R"(Ar "\(dqA B\(dq")") != std::string::npos);
}
