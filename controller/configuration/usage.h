#pragma once

#include <string>
#include <vector>

namespace ebbgate::configuration {

/// What can be written for a value.
struct UsageValue {
  std::string type;                  ///< as help shows it: FILE, text|json; empty: no value
  bool file = false;                 ///< a path
  bool workload = false;             ///< NAMESPACE/KIND/NAME
  std::vector<std::string> choices;  ///< words that are right; others may be, too
};

struct UsageFlag {
  std::string name;        ///< `--config`
  std::string short_name;  ///< `-h`; empty: none
  std::string description;
  UsageValue value;
  bool setting = false;  ///< of the configuration, which has it under the same key
};

struct UsageCommand {
  std::string name;
  std::string description;
  std::vector<UsageFlag> flags;  ///< in the order of help
  std::string argument;          ///< `WORKLOAD`; empty: none
  std::string argument_description;
  UsageValue argument_value;
};

/// What there is to be written on a command line.
struct Usage {
  std::string description;
  std::vector<UsageFlag> flags;        ///< without a command
  std::vector<UsageCommand> commands;  ///< those that help shows
};

}  // namespace ebbgate::configuration
