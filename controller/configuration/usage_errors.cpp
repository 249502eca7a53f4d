#include "controller/configuration/usage_errors.h"

#include <algorithm>
#include <cctype>

#include <CLI/CLI.hpp>

#include "controller/configuration/nearest.h"
#include "controller/configuration/problems.h"

namespace ebbgate::configuration {

namespace {

std::string flag_name(const CLI::Option& option) {
  return option.get_lnames().empty() ? "" : "--" + option.get_lnames().front();
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

std::string in_capitals(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  return name;
}

std::string needs_value(const CLI::Option& option) {
  const std::string name = flag_name(option);
  return name + " needs a value; write " + name + " " + option.get_type_name();
}

// The flag that stands where the value of another one should.
std::string taken_for_value(const std::vector<const CLI::Option*>& flags) {
  for (const CLI::Option* option : flags) {
    if (!takes_value(*option) || option->results().empty()) continue;
    const std::string& value = option->results().front();
    const bool is_flag = std::ranges::any_of(
        flags, [&](const CLI::Option* other) { return value == flag_name(*other); });
    if (is_flag) return needs_value(*option) + ", and " + value + " behind that";
  }
  return "";
}

std::string value_for_none(const std::vector<const CLI::Option*>& flags,
                           const std::vector<std::string>& arguments) {
  for (const CLI::Option* option : flags) {
    if (takes_value(*option)) continue;
    const std::string name = flag_name(*option);
    for (const std::string& argument : arguments) {
      if (argument.starts_with(name + "=")) {
        std::string problem = name;
        problem += " takes no value; write ";
        problem += name;
        problem += " alone, or leave it out";
        return problem;
      }
    }
  }
  return "";
}

std::string missing_argument(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional() || !option->get_required() || option->count() > 0) continue;
    const std::string type = option->get_type_name();
    return in_capitals(option->get_name(true)) + " is missing: " + option->get_description() +
           (type.empty() ? "" : " (" + type + ")");
  }
  return "";
}

}  // namespace

std::string what_is_wrong(const CLI::ParseError& error, const CLI::App& command,
                          const std::vector<std::string>& arguments) {
  std::vector<const CLI::Option*> flags;
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_lnames().empty()) continue;
    flags.push_back(option);
    names.push_back(flag_name(*option));
    if (option->count() > 1) return names.back() + " is given twice; give it once";
  }
  if (std::string taken = taken_for_value(flags); !taken.empty()) return taken;
  const std::vector<std::string> extra = command.remaining();
  const auto unknown = std::ranges::find_if(
      extra, [](const std::string& argument) { return argument.starts_with('-'); });
  if (unknown != extra.end()) {
    const std::string near = nearest(unknown->substr(0, unknown->find('=')), names);
    return in_quotes(*unknown) + " is an unknown flag" +
           (near.empty() ? "" : "; did you mean " + near + "?");
  }
  if (!extra.empty()) return in_quotes(extra.front()) + " is one argument too many; leave it out";
  std::string better;
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && !arguments.empty()) {
    const auto last = std::ranges::find_if(flags, [&](const CLI::Option* option) {
      return takes_value(*option) && option->check_name(arguments.back());
    });
    if (last != flags.end()) better = needs_value(**last);
  } else if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    better = missing_argument(command);
  } else if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    better = value_for_none(flags, arguments);
  }
  return better.empty() ? error.what() : better;
}

}  // namespace ebbgate::configuration
