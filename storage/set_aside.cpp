#include "storage/set_aside.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "base/text.h"
#include "storage/files.h"
#include "storage/wal.h"

namespace ebbgate::storage {

namespace fs = std::filesystem;

namespace {

constexpr std::array kEndings{"", "-wal", "-journal", "-shm"};

bool any_exists(const fs::path& database) {
  return std::any_of(kEndings.begin(), kEndings.end(), [&](const char* ending) {
    return size_of_file(with_ending(database, ending)).has_value();
  });
}

// As format_time(), without what is awkward in a file's name.
std::string stamp(WallTime now) {
  std::string text = format_time(now).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

fs::path free_name(const fs::path& database, const std::string& why, WallTime now) {
  const fs::path first = with_ending(database, "." + why + "-" + stamp(now));
  fs::path name = first;
  for (int number = 2; any_exists(name); ++number) {
    name = with_ending(first, "." + std::to_string(number));
  }
  return name;
}

void move_aside(const fs::path& file, const fs::path& name) {
  if (!rename_to_new_name(file, name)) {
    errno = EEXIST;
    throw_errno("cannot set " + file.string() + " aside as " + name.string());
  }
}

std::vector<fs::path> set_aside(const fs::path& database, const std::string& why, WallTime now) {
  std::vector<fs::path> kept;
  if (!any_exists(database)) {
    return kept;
  }
  const fs::path name = free_name(database, why, now);
  for (const char* ending : kEndings) {
    if (size_of_file(with_ending(database, ending))) {
      move_aside(with_ending(database, ending), with_ending(name, ending));
      kept.push_back(with_ending(name, ending));
    }
  }
  sync_directory_of(database);
  return kept;
}

}  // namespace

std::vector<fs::path> replace_database(const fs::path& draft, const fs::path& database,
                                       const std::string& why, WallTime now) {
  std::vector<fs::path> kept = set_aside(database, why, now);
  if (!rename_to_new_name(draft, database)) {
    errno = EEXIST;
    throw_errno("cannot rename " + draft.string() + " to " + database.string());
  }
  sync_directory_of(database);
  return kept;
}

std::optional<fs::path> set_wal_aside(const fs::path& database, WallTime now) {
  if (size_of_file(wal_of(database)).value_or(0) == 0) {
    return std::nullopt;
  }
  const fs::path name = wal_of(free_name(database, "unneeded", now));
  move_aside(wal_of(database), name);
  sync_directory_of(database);
  return name;
}

}  // namespace ebbgate::storage
