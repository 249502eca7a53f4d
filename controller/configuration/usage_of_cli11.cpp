#include "controller/configuration/usage_of_cli11.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include <CLI/CLI.hpp>

namespace ebbgate::configuration {

namespace {

// The words of `text|json`, of `COUNT|highest` the one that is meant as it stands.
std::vector<std::string> choices_of(const std::string& type) {
  std::vector<std::string> choices;
  std::istringstream parts(type);
  for (std::string part; std::getline(parts, part, '|');) {
    const bool placeholder = std::ranges::any_of(
        part, [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; });
    if (!placeholder && type.find('|') != std::string::npos) choices.push_back(part);
  }
  return choices;
}

UsageFlag flag_of(const CLI::Option& option) {
  UsageFlag flag;
  flag.name = "--" + option.get_lnames().front();
  if (!option.get_snames().empty()) flag.short_name = "-" + option.get_snames().front();
  flag.description = option.get_description();
  flag.setting = option.get_group().starts_with(kSettings);
  if (option.get_items_expected_max() == 0) return flag;
  flag.value.type = option.get_type_name();
  flag.value.file = flag.value.type == "FILE" || flag.value.type == "PATH";
  flag.value.choices = choices_of(flag.value.type);
  return flag;
}

void add_argument(const CLI::Option& option, UsageCommand& command) {
  const std::string name = option.get_name(true);
  command.argument = name;
  std::ranges::transform(command.argument, command.argument.begin(),
                         [](unsigned char c) { return std::toupper(c); });
  command.argument_description = option.get_description();
  command.argument_value.type = command.argument;
  command.argument_value.choices = choices_of(option.get_type_name());
  command.argument_value.workload = name == "workload";
  command.argument_value.file = name == "trace" || name == "file";
}

std::vector<UsageFlag> flags_of(const CLI::App& app) {
  std::vector<UsageFlag> flags;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_lnames().empty()) flags.push_back(flag_of(*option));
  }
  return flags;
}

}  // namespace

Usage describe(const CLI::App& app) {
  Usage usage{app.get_description(), flags_of(app), {}};
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (each->get_group().empty()) continue;
    UsageCommand command;
    command.name = each->get_name();
    command.description = each->get_description();
    command.flags = flags_of(*each);
    for (const CLI::Option* option : each->get_options()) {
      if (option->get_positional()) add_argument(*option, command);
    }
    usage.commands.push_back(std::move(command));
  }
  return usage;
}

}  // namespace ebbgate::configuration
