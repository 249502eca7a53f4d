#pragma once

#include <filesystem>
#include <string>

struct sqlite3;

namespace SQLite {
class Exception;
}

namespace ebbgate::storage {

/// What SQLite says, and the operating system's reason where it has one: SQLite calls everything
/// from a full quota to a broken disk "disk I/O error". `database` as long as it is open, else
/// null.
std::string describe(const SQLite::Exception& error, sqlite3* database);

/// What SQLite last said of an open database.
std::string describe_last_error(sqlite3* database);

/// Whether the error comes of a lack of room where `file` lies.
bool is_lack_of_room(const SQLite::Exception& error, const std::filesystem::path& file);

}  // namespace ebbgate::storage
