#include "storage/sqlite_error.h"

#include <sys/resource.h>

#include <cerrno>
#include <cstdint>
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

// SQLite does not keep why a commit failed.
bool at_limit_of_size(sqlite3* database) {
  constexpr std::uint64_t kOneWrite = 8192;  // a page and what goes before it
  rlimit limit{};
  const char* file = sqlite3_db_filename(database, "main");
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
      file == nullptr) {
    return false;
  }
  for (const char* ending : {"", "-wal"}) {
    std::error_code unknown;
    const auto size = std::filesystem::file_size(with_ending(file, ending), unknown);
    if (!unknown && size + kOneWrite > limit.rlim_cur) {
      return true;
    }
  }
  return false;
}

std::string with_reason(const std::string& text, int code, sqlite3* database) {
  if (comes_of_the_system(code) && database != nullptr && at_limit_of_size(database)) {
    return text + " (" + std::generic_category().message(EFBIG) +
           "): raise the limit of the size of files (ulimit -f, LimitFSIZE of the service)";
  }
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
