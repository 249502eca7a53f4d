#include "storage/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace ebbgate::storage {

namespace fs = std::filesystem;

namespace {

Descriptor open_to_read(const fs::path& file) {
  Descriptor descriptor = open_regular(file, O_RDONLY);
  if (!descriptor) {
    throw_errno("cannot open " + file.string());
  }
  return descriptor;
}

// Less than the buffer holds only at the file's end.
std::size_t read_from(const Descriptor& descriptor, std::string& buffer, const fs::path& file) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t length = ::read(descriptor.get(), buffer.data() + done, buffer.size() - done);
    if (length < 0 && errno != EINTR) {
      throw_errno("cannot read " + file.string());
    }
    if (length == 0) {
      break;
    }
    done += length > 0 ? static_cast<std::size_t>(length) : 0;
  }
  return done;
}

void write_to(const Descriptor& descriptor, std::string_view bytes, const std::string& what) {
  while (!bytes.empty()) {
    const ssize_t length = ::write(descriptor.get(), bytes.data(), bytes.size());
    if (length < 0 && errno != EINTR) {
      throw_errno(what);
    }
    bytes.remove_prefix(length > 0 ? static_cast<std::size_t>(length) : 0);
  }
}

// Rather than fill what other programs need as well.
void refuse_without_room(const Descriptor& target, std::uint64_t bytes, const std::string& what) {
  struct statvfs space {};
  if (::fstatvfs(target.get(), &space) == 0 &&
      bytes / space.f_frsize > static_cast<std::uint64_t>(space.f_bavail)) {
    errno = ENOSPC;
    throw_errno(what);
  }
}

}  // namespace

NoRegularFile::NoRegularFile(const fs::path& file) : NoRegularFile(file, " is no regular file") {}

NoRegularFile::NoRegularFile(const fs::path& file, const std::string& what)
    : std::runtime_error(file.string() + what + ": remove it, or name another file in `database`") {
}

NoRegularFile NoRegularFile::link(const fs::path& file) {
  return {file, " is a symbolic link, and Ebbgate follows none to a file of its own"};
}

Descriptor open_regular(const fs::path& file, int flags) {
  Descriptor descriptor(::open(file.c_str(), flags | O_NONBLOCK | O_CLOEXEC));
  if (!descriptor && errno == ELOOP && (flags & O_NOFOLLOW) != 0) {
    throw NoRegularFile::link(file);
  }
  struct stat status {};
  const bool is_other = descriptor
                            ? ::fstat(descriptor.get(), &status) == 0 && !S_ISREG(status.st_mode)
                            : errno == ENXIO || errno == EISDIR;
  if (is_other) {
    throw NoRegularFile(file);
  }
  return descriptor;
}

std::optional<std::uint64_t> size_of_file(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    if (errno == ENOENT) {
      return std::nullopt;
    }
    throw_errno("cannot look at " + file.string());
  }
  return static_cast<std::uint64_t>(status.st_size);
}

std::optional<FileIdentity> identity_of(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return FileIdentity{status.st_dev, status.st_ino};
}

std::optional<FileIdentity> identity_of(const Descriptor& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    return std::nullopt;
  }
  return FileIdentity{status.st_dev, status.st_ino};
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

fs::path with_ending(const fs::path& file, const std::string& ending) {
  fs::path result = file;
  result += ending;
  return result;
}

std::string first_bytes_of(const fs::path& file, std::size_t most) {
  const Descriptor descriptor = open_to_read(file);
  std::string bytes(most, '\0');
  bytes.resize(read_from(descriptor, bytes, file));
  return bytes;
}

Digest digest_of_file(const fs::path& file) {
  const Descriptor descriptor = open_to_read(file);
  std::string piece(std::size_t{64} * 1024, '\0');
  Sha256 digest;
  for (std::size_t length = piece.size(); length == piece.size();) {
    length = read_from(descriptor, piece, file);
    digest.add(std::string_view(piece).substr(0, length));
  }
  return digest.finish();
}

bool copy_content(const fs::path& from, const fs::path& to) {
  const Descriptor source = open_regular(from, O_RDONLY);
  if (!source && errno == ENOENT) {
    return false;
  }
  if (!source) {
    throw_errno("cannot open " + from.string());
  }
  const std::string what = "cannot copy " + from.string() + " to " + to.string();
  const Descriptor target = open_regular(to, O_WRONLY | O_TRUNC);
  struct stat status {};
  if (!target || ::fstat(source.get(), &status) != 0) {
    throw_errno(what);
  }
  auto left = static_cast<std::uint64_t>(status.st_size);
  refuse_without_room(target, left, what);
  std::string piece(std::size_t{64} * 1024, '\0');
  for (std::size_t length = piece.size(); left > 0 && length == piece.size(); left -= length) {
    piece.resize(std::min<std::uint64_t>(piece.size(), left));
    length = read_from(source, piece, from);
    write_to(target, std::string_view(piece).substr(0, length), what);
  }
  return true;
}

void create_private(const fs::path& file) {
  const Descriptor descriptor(
      ::open(file.c_str(), O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, kPrivate));
  if (!descriptor) {
    throw_errno("cannot create " + file.string());
  }
  // The umask may have taken away more.
  static_cast<void>(::fchmod(descriptor.get(), kPrivate));
}

void make_private(const fs::path& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) == 0 && (status.st_mode & 077U) != 0) {
    const int ignored =
        ::fchmodat(AT_FDCWD, file.c_str(), status.st_mode & 07700U, AT_SYMLINK_NOFOLLOW);
    static_cast<void>(ignored);
  }
}

void make_private(const Descriptor& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && (status.st_mode & 077U) != 0) {
    static_cast<void>(::fchmod(file.get(), status.st_mode & 07700U));
  }
}

void sync_file(const fs::path& file) {
  const Descriptor descriptor = open_regular(file, O_RDWR);
  if (!descriptor || ::fsync(descriptor.get()) != 0) {
    throw_errno("cannot sync " + file.string());
  }
}

void sync_directory_of(const fs::path& file) {
  const fs::path parent = folder_of(file);
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

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace ebbgate::storage
