#include "storage/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace ebbgate::storage {

namespace fs = std::filesystem;

namespace {

Descriptor open_to_read(const fs::path& file) {
  Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
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

}  // namespace

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

void create_private(const fs::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivate));
  if (!descriptor) {
    throw_errno("cannot create " + file.string());
  }
  // The umask may have taken away more.
  static_cast<void>(::fchmod(descriptor.get(), kPrivate));
}

void make_private(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0 && (status.st_mode & 077U) != 0) {
    static_cast<void>(::chmod(file.c_str(), status.st_mode & 07700U));
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
