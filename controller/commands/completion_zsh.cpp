#include "controller/commands/completion.h"

namespace ebbgate::commands {

namespace {

using configuration::Usage;
using configuration::UsageCommand;
using configuration::UsageFlag;
using configuration::UsageValue;

constexpr const char* kHead = R"zsh(#compdef ebbgate
# zsh completion for ebbgate, printed by `ebbgate completion zsh`

_ebbgate_workloads() {
  local -a where names
  [[ -n ${opt_args[--config]} ]] && where+=(--config=${${(Q)opt_args[--config]}/#\~\//$HOME/})
  [[ -n ${opt_args[--url]} ]] && where+=(--url=${(Q)opt_args[--url]})
  names=("${(@f)$("$ebbgate_program" names $where 2>/dev/null </dev/null)}")
  names=(${names:#})
  compadd -a names
}

_ebbgate() {
  local context state state_descr line ebbgate_program=${${(Q)words[1]}/#\~\//$HOME/}
  local -A opt_args
  local -a commands
)zsh";

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string escaped(const std::string& text, const std::string& special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string action_of(const UsageValue& value) {
  if (value.workload) return "_ebbgate_workloads";
  if (value.file) return "_files";
  if (value.choices.empty()) return " ";
  std::string words = "(";
  for (const std::string& choice : value.choices) {
    words += (words.size() == 1 ? "" : " ") + choice;
  }
  return words + ")";
}

std::string spec_of(const UsageFlag& flag) {
  const std::string description = "[" + escaped(flag.description, "[]:\\") + "]";
  if (flag.name == "--help") {
    return "'(- *)'{" + flag.short_name + "," + flag.name + "}" + quoted(description);
  }
  if (flag.name == "--version") return quoted("(- *)" + flag.name + description);
  const bool valued = !flag.value.type.empty();
  const std::string value =
      valued ? ":" + escaped(flag.value.type, ":\\") + ":" + action_of(flag.value) : "";
  if (!flag.short_name.empty()) {
    return quoted("(" + flag.short_name + " " + flag.name + ")") + "{" + flag.short_name + "," +
           flag.name + (valued ? "=" : "") + "}" + quoted(description + value);
  }
  return quoted(flag.name + (valued ? "=" : "") + description + value);
}

std::string specs_of(const std::vector<UsageFlag>& flags, const std::string& indent) {
  std::string text;
  for (const UsageFlag& flag : flags) text += " \\\n" + indent + spec_of(flag);
  return text;
}

}  // namespace

std::string zsh_completion(const Usage& usage) {
  std::string text = kHead;
  text += "  commands=(\n";
  for (const UsageCommand& command : usage.commands) {
    text += "    " + quoted(escaped(command.name, ":\\") + ":" + command.description) + "\n";
  }
  text += "  )\n  _arguments -C" + specs_of(usage.flags, "    ") +
          " \\\n    '1:command:->command' \\\n    '*::argument:->argument' && return\n"
          "  case $state in\n"
          "    command) _describe -t commands command commands ;;\n"
          "    argument)\n"
          "      case $words[1] in\n";
  for (const UsageCommand& command : usage.commands) {
    text += "        " + command.name + ")\n          _arguments" +
            specs_of(command.flags, "            ");
    if (!command.argument.empty()) {
      text += " \\\n            " + quoted("1:" + escaped(command.argument_description, ":\\") +
                                           ":" + action_of(command.argument_value));
    }
    text += " ;;\n";
  }
  return text +
         "      esac ;;\n  esac\n}\n\n"
         "# As a file of $fpath this is the function's body; sourced, it is registered.\n"
         "if [[ $funcstack[1] == _ebbgate ]]; then\n  _ebbgate \"$@\"\nelse\n"
         "  compdef _ebbgate ebbgate\nfi\n";
}

}  // namespace ebbgate::commands
