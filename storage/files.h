#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/descriptor.h"

/// The few file operations that the store needs beside SQLite's.
namespace ebbgate::storage {

/// Nothing when there is no such file. Throws std::filesystem::filesystem_error when it cannot be
/// told.
std::optional<std::uint64_t> size_of_file(const std::filesystem::path& file);

/// `file` with `ending` behind its name.
std::filesystem::path with_ending(const std::filesystem::path& file, const std::string& ending);

/// Makes names created, renamed or removed beside `file` survive a loss of power. Throws
/// std::system_error.
void sync_directory_of(const std::filesystem::path& file);

/// Renames; false when `to` exists already. Throws std::system_error.
bool rename_to_new_name(const std::filesystem::path& from, const std::filesystem::path& to);

/// Throws std::system_error with the current errno and `what`.
[[noreturn]] void throw_errno(const std::string& what);

}  // namespace ebbgate::storage
