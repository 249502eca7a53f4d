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

void refuse_without_folder(const fs::path& database) {
  const fs::path folder = folder_of(database);
  std::error_code ignored;
  const fs::file_type type = fs::status(folder, ignored).type();
  if (type == fs::file_type::not_found) {
    refuse_by_name("the folder " + folder.string() +
                   " does not exist: create it, or name another file in `database`");
  }
  // What may not be looked at is told of when it is opened.
  if (type != fs::file_type::directory && type != fs::file_type::none &&
      type != fs::file_type::unknown) {
    refuse_by_name(folder.string() + " is no folder: name another file in `database`");
  }
}

// Another database would begin without what this one knew, and nobody would be told of a loss.
void refuse_beside_lock_file(const fs::path& database, const std::string& what) {
  if (has_lock_file(database)) {
    refuse_by_name(database.string() + what + ", and Ebbgate's lock file lies beside it: move " +
                   database.string() +
                   " away, or remove it, so that the next start finds out what was lost");
  }
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
  switch (fs::status(database, ignored).type()) {
    case fs::file_type::not_found:
      return refuse_without_folder(database);
    case fs::file_type::directory:
      refuse_beside_lock_file(database, " is a folder");
      refuse_by_name(name + " is a folder: name a file in `database`, such as " +
                     (database / "ebbgate.db").string());
    case fs::file_type::none:
    case fs::file_type::unknown:
      return;
    case fs::file_type::regular:
      break;
    default:
      refuse_beside_lock_file(database, " is no regular file");
      refuse_by_name(name + " is no regular file: name another file in `database`");
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
