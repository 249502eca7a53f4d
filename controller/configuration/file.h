#pragma once

#include <filesystem>
#include <string>

namespace ebbgate::configuration {

/// A file's content, or why it could not be read and what to do.
struct FileContent {
  std::string text;
  std::string error;  ///< empty: it was read
};

/// Reads a configuration file of at most 64 MiB.
FileContent read_file(const std::filesystem::path& path);

}  // namespace ebbgate::configuration
