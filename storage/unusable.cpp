#include "storage/unusable.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/database.h"
#include "storage/files.h"
#include "storage/lock_file.h"

namespace ebbgate::storage {

namespace {

constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30U;
// Several hours of a log that no checkpoint takes away.
constexpr std::uint64_t kMost = 16 * kGigabyte;

void refuse_foreign_lock(const std::filesystem::path& file) {
  try {
    refuse_foreign(file);
  } catch (const ForeignFile& foreign) {
    throw CannotOpen(CannotOpen::Why::other, foreign.what());
  }
}

}  // namespace

void refuse_unusable(const std::filesystem::path& database) {
  for (const char* ending : {"", "-wal", "-journal", "-shm", ".lock", ".lock.new"}) {
    const std::filesystem::path file = with_ending(database, ending);
    struct stat status {};
    const auto size = [&] { return static_cast<std::uint64_t>(status.st_size); };
    // The database itself may be a link, which leads to what the operator chose.
    const bool may_be_link = std::string_view(ending).empty();
    if ((may_be_link ? ::stat : ::lstat)(file.c_str(), &status) != 0) {
      if (errno != ENOENT) {
        throw_errno("cannot look at " + file.string());
      }
    } else if (S_ISLNK(status.st_mode)) {
      throw CannotOpen(CannotOpen::Why::other, NoRegularFile::link(file).what());
    } else if (!S_ISREG(status.st_mode)) {
      throw CannotOpen(CannotOpen::Why::other, NoRegularFile(file).what());
    } else if (size() > kMost) {
      throw CannotOpen(CannotOpen::Why::other,
                       file.string() + " has " + std::to_string(size() / kGigabyte) +
                           " GiB, and Ebbgate's state never has more than " +
                           std::to_string(kMost / kGigabyte) +
                           " GiB: put a backup in its place, or name another file in `database`");
    } else if (std::string_view(ending).starts_with(".lock")) {
      refuse_foreign_lock(file);
    }
  }
}

}  // namespace ebbgate::storage
