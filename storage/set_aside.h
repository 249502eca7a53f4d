#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace ebbgate::storage {

/// Gives a database that is closed, and all in `draft`, the name of another one. That one, its WAL
/// and what else SQLite keeps beside it are set aside before, as `<database>.<why>-<now>` and the
/// like: nothing is deleted, nothing overwritten, and SQLite's own tools can open the result. Modes
/// stay as they are, so what was private is.
///
/// Durable when it returns the names that were kept: none where there was no file. Throws
/// std::system_error, and what there was may be set aside then.
std::vector<std::filesystem::path> replace_database(const std::filesystem::path& draft,
                                                    const std::filesystem::path& database,
                                                    const std::string& why, WallTime now);

/// Sets a WAL aside that its database does not need: as `<database>.unneeded-<now>-wal`. An
/// empty one may stay.
std::optional<std::filesystem::path> set_wal_aside(const std::filesystem::path& database,
                                                   WallTime now);

}  // namespace ebbgate::storage
