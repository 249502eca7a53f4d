#include "storage/own_names.h"

#include <algorithm>

namespace ebbgate::storage {

bool OwnNames::include(const std::string& name) const {
  return std::ranges::find(whole, name) != whole.end() ||
         std::ranges::any_of(
             beginnings, [&](const std::string& beginning) { return name.starts_with(beginning); });
}

OwnNames own_names(const std::filesystem::path& database) {
  const std::string name = database.filename().string();
  OwnNames names;
  for (const char* ending : {"", "-wal", "-shm", "-journal", ".lock", ".lock.new", ".new",
                             ".new-wal", ".new-shm", ".new-journal"}) {
    names.whole.push_back(name + ending);
  }
  for (const char* why : {".lost-", ".unneeded-", ".replaced-"}) {
    names.beginnings.push_back(name + why);
  }
  return names;
}

}  // namespace ebbgate::storage
