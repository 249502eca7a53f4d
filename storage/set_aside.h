#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace ebbgate::storage {

/// Renames a database, then its WAL and what else SQLite keeps beside it, to
/// `<database>.lost-<now>` and the like: nothing is deleted, nothing overwritten, and SQLite's own
/// tools can open the result. Durable when it returns, which is the names that there are now: none
/// when there was no file. Throws std::system_error.
///
/// Modes stay as they are, so what was private is.
std::vector<std::filesystem::path> set_aside(const std::filesystem::path& database, WallTime now);

/// The same for a WAL alone that its database does not need: to `<database>.unneeded-<now>-wal`. An
/// empty one may stay.
std::optional<std::filesystem::path> set_wal_aside(const std::filesystem::path& database,
                                                   WallTime now);

}  // namespace ebbgate::storage
