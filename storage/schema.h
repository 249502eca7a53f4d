#pragma once

#include <span>

namespace SQLite {
class Database;
}

namespace ebbgate::storage {

/// "Ebbg": what file(1) and we know our databases by.
inline constexpr int kApplicationId = 0x45626267;

/// Step n leads from version n to n+1; a database's `user_version` says how many it has behind it.
/// Steps that were released never change: a new version is a new step.
std::span<const char* const> migrations();

/// The version that this program writes.
int schema_version();

/// Runs the steps that are missing and sets application_id and user_version. To be called within a
/// transaction; throws SQLite::Exception.
void migrate(SQLite::Database& database, std::span<const char* const> steps);

}  // namespace ebbgate::storage
