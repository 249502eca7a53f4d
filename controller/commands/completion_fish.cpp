#include "controller/commands/completion.h"

namespace ebbgate::commands {

namespace {

using configuration::Usage;
using configuration::UsageCommand;
using configuration::UsageFlag;
using configuration::UsageValue;

constexpr const char* kHead =
    R"fish(# fish completion for ebbgate, printed by `ebbgate completion fish`

function __ebbgate_starts
    test (count (commandline -opc)) -eq 1
end

function __ebbgate_is
    set -l tokens (commandline -opc)
    test (count $tokens) -ge 2; and contains -- $tokens[2] $argv
end

function __ebbgate_workloads
    set -l tokens (commandline -opc)
    set -l where
    for index in (seq 3 (count $tokens))
        switch $tokens[$index]
            case --config --url
                set -a where $tokens[$index] $tokens[(math $index + 1)]
            case '--config=*' '--url=*'
                set -a where $tokens[$index]
        end
    end
    $tokens[1] names $where 2>/dev/null </dev/null
end

complete -c ebbgate -f
)fish";

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

std::string words_of(const std::vector<std::string>& choices) {
  std::string words;
  for (const std::string& choice : choices) words += (words.empty() ? "" : " ") + choice;
  return quoted(words);
}

std::string value_of(const UsageValue& value) {
  if (value.type.empty()) return "";
  if (value.file) return " -r -F";
  return value.choices.empty() ? " -x" : " -x -a " + words_of(value.choices);
}

std::string flag_line(const std::string& condition, const UsageFlag& flag) {
  const std::string short_name = flag.short_name.empty() ? "" : " -s " + flag.short_name.substr(1);
  return "complete -c ebbgate -n " + quoted(condition) + short_name + " -l " + flag.name.substr(2) +
         value_of(flag.value) + " -d " + quoted(flag.description) + "\n";
}

}  // namespace

std::string fish_completion(const Usage& usage) {
  std::string text = kHead;
  for (const UsageFlag& flag : usage.flags) text += flag_line("__ebbgate_starts", flag);
  for (const UsageCommand& command : usage.commands) {
    text += "complete -c ebbgate -n __ebbgate_starts -a " + command.name + " -d " +
            quoted(command.description) + "\n";
  }
  for (const UsageCommand& command : usage.commands) {
    const std::string condition = "__ebbgate_is " + command.name;
    for (const UsageFlag& flag : command.flags) text += flag_line(condition, flag);
    const UsageValue& argument = command.argument_value;
    const std::string begin = "complete -c ebbgate -n " + quoted(condition);
    if (argument.workload) text += begin + " -a '(__ebbgate_workloads)'\n";
    if (argument.file) text += begin + " -F\n";
    if (!argument.choices.empty()) text += begin + " -a " + words_of(argument.choices) + "\n";
  }
  return text;
}

}  // namespace ebbgate::commands
