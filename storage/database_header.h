#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace ebbgate::storage {

/// What the first bytes of a database file tell without SQLite, and so without its WAL.
struct DatabaseHeader {
  /// The file works with a rollback journal: nothing of it is in a WAL, and one that lies beside it
  /// belongs to another database. Ours are in WAL mode from their birth on; a copy made by `backup`
  /// or by SQLite's VACUUM INTO is not, until it is opened.
  bool without_wal = false;
  int application_id = 0;
  int schema_version = 0;
  bool without_tables = false;
};

/// Nothing when there is no such file, or it is no database. Throws std::system_error.
std::optional<DatabaseHeader> read_header(const std::filesystem::path& database);

}  // namespace ebbgate::storage
