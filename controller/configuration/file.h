#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace ebbgate::configuration {

/// A file's content, or why it could not be read and what to do.
struct FileContent {
  std::string text;
  std::string error;   ///< empty: it was read
  std::string remedy;  ///< of who gives a command its flags
  /// The same for a process that runs, and can be given no other file.
  std::string remedy_again = "put a readable configuration file there, and send SIGHUP again";
};

/// How long a file system may take to answer.
inline constexpr Duration kFilePatience = std::chrono::seconds(10);

/// Reads a configuration file: a regular file, or a link to one, of at most 64 MiB. Where the file
/// system does not answer in time, a thread that waits for it stays behind.
FileContent read_file(const std::filesystem::path& path, Duration patience = kFilePatience);

/// The first of the paths that is there, whatever it is; nothing where none is. One on a file
/// system that does not answer counts as there.
std::optional<std::filesystem::path> first_that_exists(
    const std::vector<std::filesystem::path>& paths, Duration patience = kFilePatience);

}  // namespace ebbgate::configuration
