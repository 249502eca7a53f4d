#include "storage/database_header.h"

#include <string>
#include <string_view>

#include "storage/files.h"

namespace ebbgate::storage {

namespace {

// As published in "Database File Format" (sqlite.org/fileformat.html).
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kHeaderSize = 100;
constexpr std::size_t kWriteVersion = 18;
constexpr std::size_t kReadVersion = 19;
constexpr std::size_t kUserVersion = 60;
constexpr std::size_t kApplication = 68;
constexpr char kRollbackJournal = 1;
// The root of the table of tables lies behind the header.
constexpr std::size_t kKindOfRoot = 100;
constexpr std::size_t kCellsOfRoot = 103;
constexpr std::size_t kEndOfCellsOfRoot = 105;
constexpr char kLeaf = 0x0d;

int big_endian(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(offset, 4)) {
    value = value << 8U | static_cast<std::uint8_t>(byte);
  }
  return static_cast<int>(value);
}

bool has_empty_root(std::string_view bytes) {
  return bytes.size() >= kEndOfCellsOfRoot && bytes[kKindOfRoot] == kLeaf &&
         bytes[kCellsOfRoot] == 0 && bytes[kCellsOfRoot + 1] == 0;
}

}  // namespace

std::optional<DatabaseHeader> read_header(const std::filesystem::path& database) {
  if (size_of_file(database).value_or(0) < kHeaderSize) {
    return std::nullopt;
  }
  const std::string bytes = first_bytes_of(database, kEndOfCellsOfRoot);
  if (bytes.size() < kHeaderSize || !bytes.starts_with(kMagic)) {
    return std::nullopt;
  }
  return DatabaseHeader{
      bytes[kWriteVersion] == kRollbackJournal && bytes[kReadVersion] == kRollbackJournal,
      big_endian(bytes, kApplication), big_endian(bytes, kUserVersion), has_empty_root(bytes)};
}

}  // namespace ebbgate::storage
