#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/configuration/usage.h"

namespace ebbgate::configuration {

enum class Command {
  run,
  check,
  status,
  explain,
  simulate,
  release,
  backup,
  completion,
  manual,
  names  ///< for completion; not in help
};

/// What somebody asked for on the command line. Fields that a command does not have are empty.
struct CommandLine {
  Command command = Command::run;
  std::optional<std::string> config;  ///< --config
  /// Flags of settings, for Source::flags.
  std::vector<std::pair<std::string, std::string>> settings;
  std::string workload;            ///< NAMESPACE/KIND/NAME, KIND/NAME, NAMESPACE/NAME or NAME
  std::string copy;                ///< a file that is to be written
  std::string trace;               ///< a file, or - for standard input
  std::optional<std::string> url;  ///< a well-formed http:// or https:// URL
  std::string state;               ///< a state of workloads
  std::string namespace_name;
  std::string shell;  ///< bash, zsh or fish
  bool all = false;
  bool force = false;
  bool json = false;
  bool watch = false;
};

/// Either a command to carry out, or text to print and a code to exit with.
struct CommandLineResult {
  std::optional<CommandLine> command;
  int exit_code = 0;   ///< 0 after help and version, 2 after wrong usage
  std::string output;  ///< for standard output
  std::string error;   ///< for standard error
};

/// Reads the arguments after the program's name. `version` is what --version prints. No side
/// effects.
CommandLineResult parse_command_line(const std::vector<std::string>& arguments,
                                     const std::string& version);

/// What there is to be written on a command line, as help shows it.
Usage describe_command_line();

}  // namespace ebbgate::configuration
