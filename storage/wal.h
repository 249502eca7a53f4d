#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace ebbgate::storage {

/// The write-ahead log that SQLite keeps beside `database`.
std::filesystem::path wal_of(const std::filesystem::path& database);

/// The header of a WAL, whose salts tell it from the one before it.
inline constexpr std::size_t kWalHeaderSize = 32;

/// What a WAL holds, read as SQLite reads it.
struct WalReading {
  bool exists = false;  ///< and is not empty
  /// Frames that SQLite would replay: from the first one, with the header's salts and running
  /// checksums, to the last that ends a transaction.
  std::uint32_t frames = 0;
  /// Behind them lies a frame that is not as it was written, and another transaction was committed
  /// behind the one that this frame belongs to. Each commit is synced before the next begins, so a
  /// loss of power can tear the last transaction alone: something else did this.
  bool damaged = false;
};

/// Of no such file: a reading without anything. Throws NoRegularFile, and
/// std::system_error when it cannot be read.
WalReading read_wal(const std::filesystem::path& wal);

}  // namespace ebbgate::storage
