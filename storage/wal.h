#pragma once

#include <filesystem>

namespace ebbgate::storage {

/// The write-ahead log that SQLite keeps beside `database`.
std::filesystem::path wal_of(const std::filesystem::path& database);

/// Whether the WAL holds at least one whole transaction that SQLite would replay: magic and
/// checksum of its header, then frames with the header's salts and running checksums, up to one
/// that ends a transaction. False also when there is no such file. Throws std::system_error when it
/// cannot be read.
bool wal_holds_a_transaction(const std::filesystem::path& wal);

}  // namespace ebbgate::storage
