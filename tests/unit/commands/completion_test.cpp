#include "controller/commands/completion.h"

#include <doctest/doctest.h>

#include "controller/configuration/command_line.h"

using ebbgate::commands::completion;
using ebbgate::configuration::describe_command_line;
using ebbgate::configuration::Usage;

TEST_CASE("every shell's script has each command and each flag of it") {
  const Usage usage = describe_command_line();
  CHECK(usage.commands.size() == 11);
  for (const char* shell : {"bash", "zsh", "fish"}) {
    CAPTURE(shell);
    const std::string script = completion(shell, usage);
    for (const auto& command : usage.commands) {
      CAPTURE(command.name);
      CHECK(script.find(command.name) != std::string::npos);
      for (const auto& flag : command.flags) {
        const std::string name =
            shell == std::string("fish") ? "-l " + flag.name.substr(2) + " " : flag.name;
        CAPTURE(name);
        CHECK(script.find(name) != std::string::npos);
      }
    }
  }
}

TEST_CASE("text of help is quoted for each shell") {
  Usage usage;
  usage.commands.push_back({"go", "it's: $(odd) `text`\\", {}, "", "", {}});
  usage.commands[0].flags.push_back({"--on", "", "a [b]: it's", {}, false});
  const std::string zsh = completion("zsh", usage);
  CHECK(zsh.find(R"('go:it'\''s: $(odd) `text`\')") != std::string::npos);
  CHECK(zsh.find(R"('--on[a \[b\]\: it'\''s]')") != std::string::npos);
  const std::string fish = completion("fish", usage);
  CHECK(fish.find(R"(-d 'it\'s: $(odd) `text`\\')") != std::string::npos);
  CHECK(completion("bash", usage).find("odd") == std::string::npos);
}
