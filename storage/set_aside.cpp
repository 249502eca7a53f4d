#include "storage/set_aside.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "base/text.h"
#include "storage/files.h"

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

fs::path free_name(const fs::path& database, WallTime now) {
  const fs::path first = with_ending(database, ".lost-" + stamp(now));
  fs::path name = first;
  for (int number = 2; any_exists(name); ++number) {
    name = with_ending(first, "." + std::to_string(number));
  }
  return name;
}

}  // namespace

std::optional<fs::path> set_aside(const fs::path& database, WallTime now) {
  if (!any_exists(database)) {
    return std::nullopt;
  }
  const fs::path name = free_name(database, now);
  for (const char* ending : kEndings) {
    const fs::path file = with_ending(database, ending);
    if (size_of_file(file) && !rename_to_new_name(file, with_ending(name, ending))) {
      errno = EEXIST;
      throw_errno("cannot set " + file.string() + " aside as " + name.string());
    }
  }
  sync_directory_of(database);
  return name;
}

}  // namespace ebbgate::storage
