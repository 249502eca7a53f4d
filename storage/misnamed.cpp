#include "storage/misnamed.h"

#include <string>
#include <system_error>

#include "storage/database.h"
#include "storage/database_header.h"
#include "storage/files.h"
#include "storage/lock_file.h"
#include "storage/schema.h"

namespace ebbgate::storage {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse_by_name(const std::string& message) {
  throw CannotOpen(CannotOpen::Why::misnamed, message);
}

// Ours are in WAL mode only once they are whole: what has no content in WAL mode is not ours.
bool may_be_ours(const DatabaseHeader& header) {
  const bool is_unborn = header.application_id == 0 && header.schema_version == 0 &&
                         header.without_tables && header.without_wal;
  return header.application_id == kApplicationId || is_unborn;
}

}  // namespace

void refuse_misnamed(const fs::path& database) {
  const std::string name = database.string();
  std::error_code ignored;
  if (!fs::is_regular_file(database, ignored)) {
    return;
  }
  if (size_of_file(database).value_or(0) == 0) {
    return;
  }
  const auto header = read_header(database);
  if (!(header && may_be_ours(*header)) && !has_lock_file(database)) {
    refuse_by_name(name + kNoDatabaseOfOurs);
  }
}

}  // namespace ebbgate::storage
