#include "storage/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ebbgate::storage {

namespace fs = std::filesystem;

std::optional<std::uint64_t> size_of_file(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  if (error == std::errc::no_such_file_or_directory) {
    return std::nullopt;
  }
  if (error) {
    throw fs::filesystem_error("cannot look at", file, error);
  }
  return size;
}

fs::path with_ending(const fs::path& file, const std::string& ending) {
  fs::path result = file;
  result += ending;
  return result;
}

void sync_directory_of(const fs::path& file) {
  const fs::path parent = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) {
    throw_errno("cannot sync the directory " + parent.string());
  }
}

bool rename_to_new_name(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return true;
  }
  if (errno == EEXIST) {
    return false;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    throw_errno("cannot rename " + from.string() + " to " + to.string());
  }
  // Some file systems cannot rename without overwriting; whoever holds the lock file is alone here.
  if (size_of_file(to)) {
    return false;
  }
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw_errno("cannot rename " + from.string() + " to " + to.string());
  }
  return true;
}

void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace ebbgate::storage
