#include <map>

#include "controller/commands/completion.h"

namespace ebbgate::commands {

namespace {

using configuration::Usage;
using configuration::UsageCommand;
using configuration::UsageFlag;
using configuration::UsageValue;

// The words are taken from the line itself: COMP_WORDS is broken at = and :, which names may have.
// A candidate is offered without what stands before readline's own idea of the word ($2).
constexpr const char* kHead =
    R"bash(# bash completion for ebbgate, printed by `ebbgate completion bash`

_ebbgate_split() {
  local line=${COMP_LINE:0:COMP_POINT} quote="" char index
  words=() full=""
  for ((index = 0; index < ${#line}; ++index)); do
    char=${line:index:1}
    if [[ $quote == '"' && $char == '\' ]]; then
      full+=$char
      char=${line:index+1:1}
      ((++index))
    elif [[ -n $quote ]]; then
      [[ $char == "$quote" ]] && quote=""
    elif [[ $char == '\' ]]; then
      full+=$char
      char=${line:index+1:1}
      ((++index))
    elif [[ $char == [\"\'] ]]; then
      quote=$char
    elif [[ $char == [[:space:]] ]]; then
      [[ -n $full ]] && words+=("$full")
      full=""
      continue
    fi
    full+=$char
  done
  while ((${#words[@]} > 1)) && [[ ${words[0]} != "$1" ]]; do words=("${words[@]:1}"); done
}

_ebbgate_offer() {
  local candidate
  for candidate in "$@"; do
    [[ $candidate == "$full"* ]] && COMPREPLY+=("${candidate#"$before"}")
  done
}

# Nothing typed is evaluated: quotes are taken away, and a ~ is the home folder.
_ebbgate_plain() {
  plain=${1//[\\\"\']/}
  [[ $plain == '~/'* ]] && plain=$HOME/${plain#'~/'}
}

_ebbgate_workloads() {
  local where=() index plain name quoted program harmful=""
  # Within quotes a name stands as it is: one that would end them, or be expanded there, is no offer.
  [[ $full == \"* ]] && harmful='[$`\\"!]'
  [[ $full == \'* ]] && harmful=\[\'\]
  _ebbgate_plain "${words[0]}"
  program=$plain
  for ((index = 2; index < ${#words[@]}; ++index)); do
    case ${words[index]} in
      --config | --url)
        _ebbgate_plain "${words[index + 1]}"
        where+=("${words[index]}=$plain") ;;
      --config=* | --url=*)
        _ebbgate_plain "${words[index]}"
        where+=("$plain") ;;
    esac
  done
  while IFS= read -r name; do
    if [[ -n $harmful ]]; then
      [[ $name == "${full:1}"* && $name != *$harmful* ]] &&
        COMPREPLY+=("${name#"${before:1}"}")
    else
      printf -v quoted %q "$name"
      _ebbgate_offer "$quoted"
    fi
  done < <("$program" names "${where[@]}" 2>/dev/null </dev/null)
}

_ebbgate_flags() {
  local flag
  for flag in "$@"; do
    [[ " ${words[*]} " == *" $flag "* || " ${words[*]}" == *" $flag="* ]] || _ebbgate_offer "$flag"
  done
}

_ebbgate() {
  local words full current=$2 before flag="" equals=""
  COMPREPLY=()
  _ebbgate_split "$1"
  [[ $current == [=:] ]] && current=""
  before=${full%"$current"}
  local command=${words[1]}
  if [[ $full == --*=* ]]; then
    flag=${full%%=*} equals="$flag="
  elif ((${#words[@]} > 2)) && [[ ${words[-1]} == -* ]]; then
    flag=${words[-1]}
  fi
)bash";

std::string joined(const std::vector<std::string>& words, const std::string& before = "") {
  std::string text;
  for (const std::string& word : words) text.append(" ").append(before).append(word);
  return text;
}

std::vector<std::string> names_of(const std::vector<UsageFlag>& flags) {
  std::vector<std::string> names;
  names.reserve(flags.size());
  for (const UsageFlag& flag : flags) names.push_back(flag.name);
  return names;
}

std::string action_of(const UsageValue& value) {
  if (value.workload) return "_ebbgate_workloads";
  if (value.file) return "compopt -o default";
  if (value.choices.empty()) return ":";
  return "_ebbgate_offer" + joined(value.choices);
}

// A flag means the same in every command that has it.
std::string values_of(const Usage& usage) {
  std::map<std::string, UsageValue> values;
  for (const UsageCommand& command : usage.commands) {
    for (const UsageFlag& flag : command.flags) {
      if (flag.value.type.empty()) continue;
      const bool two = !flag.short_name.empty();
      values[flag.name + (two ? " | " + flag.short_name : "")] = flag.value;
    }
  }
  std::string text = "  case $flag in\n";
  for (const auto& [name, value] : values) {
    const std::string action = value.choices.empty()
                                   ? action_of(value)
                                   : "_ebbgate_offer" + joined(value.choices, "\"$equals\"");
    text.append("    ").append(name).append(") ").append(action).append("; return ;;\n");
  }
  return text + "  esac\n";
}

}  // namespace

std::string bash_completion(const Usage& usage) {
  std::string text = kHead + values_of(usage);
  std::vector<std::string> commands;
  commands.reserve(usage.commands.size());
  for (const UsageCommand& command : usage.commands) commands.push_back(command.name);
  text += "  if ((${#words[@]} < 2)); then\n    [[ $full != -* ]] && _ebbgate_offer" +
          joined(commands) + "\n    [[ $full == -* ]] && _ebbgate_flags" +
          joined(names_of(usage.flags)) + "\n    return\n  fi\n";
  text += "  case $command in\n";
  for (const UsageCommand& command : usage.commands) {
    const std::string flags = "_ebbgate_flags" + joined(names_of(command.flags));
    text += "    " + command.name + ")\n";
    if (!command.argument.empty()) {
      text += "      [[ $full == -* ]] || { " + action_of(command.argument_value) + "; return; }\n";
    }
    text += "      " + flags + " ;;\n";
  }
  return text + "  esac\n}\n\ncomplete -F _ebbgate ebbgate\n";
}

}  // namespace ebbgate::commands
