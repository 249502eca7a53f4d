#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/configuration/named_path.h"
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
  bool again = false;  ///< it is read by a process that runs, which takes no other flags any more
};

struct LoadResult {
  std::optional<Settings> settings;  ///< valid, with absolute paths; absent when there are errors
  std::vector<std::string> errors;   ///< each with its place, what is wrong and what would be right
  std::vector<std::string> warnings;
  std::vector<NamedPath>
      paths;        ///< what the provider and feedback are to find, in the file's order
  LogSettings log;  ///< how to tell of them: as far as it is known where there are errors
};

/// Reads and checks a configuration. All errors are found at once, except that a YAML syntax error
/// hides what else is wrong with the file; of very many only the first are told, and how many more
/// there are. Reads the file and nothing else.
LoadResult load(const Source& source);

/// Where a configuration is looked for that nobody names: beside the process, then in /etc.
std::vector<std::filesystem::path> usual_files();
/// The first of `files` that there is; relative ones begin at `working_directory`.
std::optional<std::filesystem::path> find_file(const std::vector<std::filesystem::path>& files,
                                               const std::filesystem::path& working_directory);

/// The EBBGATE_* variables among `variables` (as `environ`).
std::map<std::string, std::string> ebbgate_variables(const char* const* variables);

}  // namespace ebbgate::configuration
