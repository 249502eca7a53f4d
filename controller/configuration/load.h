#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/settings.h"

namespace ebbgate::configuration {

/// Where a configuration comes from. A flag beats a variable beats the file beats the defaults.
struct Source {
  std::optional<std::filesystem::path> file;
  /// Keys and values: {"backoff.max", "5m"}. The keys must be those of scalar_settings().
  std::vector<std::pair<std::string, std::string>> flags;
  std::map<std::string, std::string> environment;  ///< variables of other programs do no harm
  /// What `file` is relative to, and without a file all relative paths; empty: the process's.
  std::filesystem::path working_directory;
};

struct LoadResult {
  std::optional<Settings> settings;  ///< valid, with absolute paths; absent when there are errors
  std::vector<std::string> errors;   ///< each with its place, what is wrong and what would be right
  std::vector<std::string> warnings;
};

/// Reads and checks a configuration. All errors are found at once, except that a YAML syntax error
/// hides what else is wrong with the file. Reads the file and nothing else.
LoadResult load(const Source& source);

/// The EBBGATE_* variables among `variables` (as `environ`).
std::map<std::string, std::string> ebbgate_variables(const char* const* variables);

}  // namespace ebbgate::configuration
