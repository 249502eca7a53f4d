#include "storage/unusable.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "storage/database.h"
#include "storage/files.h"

namespace ebbgate::storage {

namespace {

constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30U;
// Several hours of a log that no checkpoint takes away.
constexpr std::uint64_t kMost = 16 * kGigabyte;

}  // namespace

void refuse_unusable(const std::filesystem::path& database) {
  for (const char* ending : {"", "-wal", "-journal", "-shm", ".lock", ".lock.new"}) {
    const std::filesystem::path file = with_ending(database, ending);
    struct stat status {};
    const auto size = [&] { return static_cast<std::uint64_t>(status.st_size); };
    if (::stat(file.c_str(), &status) != 0) {
      if (errno != ENOENT) {
        throw_errno("cannot look at " + file.string());
      }
    } else if (!S_ISREG(status.st_mode)) {
      throw CannotOpen(CannotOpen::Why::other, NoRegularFile(file).what());
    } else if (size() > kMost) {
      throw CannotOpen(CannotOpen::Why::other,
                       file.string() + " has " + std::to_string(size() / kGigabyte) +
                           " GiB, and Ebbgate's state never has more than " +
                           std::to_string(kMost / kGigabyte) +
                           " GiB: put a backup in its place, or name another file in `database`");
    }
  }
}

}  // namespace ebbgate::storage
