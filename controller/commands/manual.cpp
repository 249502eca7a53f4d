#include "controller/commands/manual.h"

#include "controller/commands/manual_prose.h"

namespace ebbgate::commands {

namespace {

using configuration::Usage;
using configuration::UsageCommand;
using configuration::UsageFlag;

// Text that troff takes as it is: no escape, no request at a line's beginning, and hyphens that can
// be copied and searched for.
std::string plain(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result.starts_with('.') || result.starts_with('\'') ? "\\&" + result : result;
}

// The same within a macro's line, where words of two letters and punctuation may mean something.
std::string argument(const std::string& text) {
  std::string result;
  for (const char c : plain(text)) result += c == '"' ? std::string("\\(dq") : std::string(1, c);
  return "\"" + result + "\"";
}

std::string flag_item(const UsageFlag& flag) {
  std::string text = ".It";
  if (!flag.short_name.empty()) text += " Fl " + plain(flag.short_name.substr(1)) + " ,";
  text += " Fl Fl " + plain(flag.name.substr(2));
  if (!flag.value.type.empty()) text += " Ar " + argument(flag.value.type);
  return text + "\n" + plain(flag.description) + "\n";
}

bool has_settings(const UsageCommand& command) {
  for (const UsageFlag& flag : command.flags) {
    if (flag.setting) return true;
  }
  return false;
}

std::string command_text(const UsageCommand& command) {
  std::string text =
      ".Ss ebbgate " + command.name + "\n.Nm Cm " + command.name + "\n.Op Ar options\n";
  if (!command.argument.empty()) text += ".Ar " + argument(command.argument) + "\n";
  text += ".Pp\n" + plain(command.description) + ".\n";
  if (has_settings(command)) text += "Also takes every flag of\n.Sx SETTINGS .\n";
  text += ".Bl -tag -width Ds\n";
  if (!command.argument.empty()) {
    text +=
        ".It Ar " + argument(command.argument) + "\n" + plain(command.argument_description) + "\n";
  }
  for (const UsageFlag& flag : command.flags) {
    if (!flag.setting) text += flag_item(flag);
  }
  return text + ".El\n";
}

// Each once, as they are the same in every command.
std::string settings_text(const Usage& usage) {
  for (const UsageCommand& command : usage.commands) {
    if (!has_settings(command)) continue;
    std::string text =
        ".Sh SETTINGS\nEach is a flag, a variable and a key of the configuration file; in brackets "
        "stands its default.\n.Bl -tag -width Ds\n";
    for (const UsageFlag& flag : command.flags) {
      if (flag.setting) text += flag_item(flag);
    }
    return text + ".El\n";
  }
  return "";
}

}  // namespace

std::string manual(const Usage& usage) {
  std::string text = kManualBegin;
  text += ".Sh COMMANDS\n";
  for (const UsageCommand& command : usage.commands) text += command_text(command);
  return text + settings_text(usage) + kManualEnd;
}

}  // namespace ebbgate::commands
