#include "storage/sqlite_error.h"

#include <system_error>

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include "storage/files.h"

namespace ebbgate::storage {

namespace {

// SQLite keeps the operating system's last error until the next one: it belongs to these alone.
bool comes_of_the_system(int code) {
  return (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
}

std::string with_reason(const std::string& text, int code, sqlite3* database) {
  const int reason = database != nullptr ? sqlite3_system_errno(database) : 0;
  if (!comes_of_the_system(code) || reason == 0) {
    return text;
  }
  return text + " (" + std::generic_category().message(reason) + ")";
}

}  // namespace

std::string describe(const SQLite::Exception& error, sqlite3* database) {
  return with_reason(error.what(), error.getErrorCode(), database);
}

std::string describe_last_error(sqlite3* database) {
  return with_reason(sqlite3_errmsg(database), sqlite3_errcode(database), database);
}

bool is_lack_of_room(const SQLite::Exception& error, const std::filesystem::path& file) {
  if (error.getErrorCode() == SQLITE_FULL) {
    return true;
  }
  std::error_code unknown;
  const std::filesystem::space_info space = std::filesystem::space(folder_of(file), unknown);
  return comes_of_the_system(error.getErrorCode()) && !unknown && space.available == 0;
}

}  // namespace ebbgate::storage
