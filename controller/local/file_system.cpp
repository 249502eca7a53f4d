#include "controller/local/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>
#include <memory>
#include <system_error>

namespace ebbgate::local {
namespace {

constexpr std::size_t kPiece = std::size_t{64} * 1024;

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// A loop of links leads nowhere, as a link to a file that does not exist.
bool means_absent(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

FileStatus status_of(const struct stat& found) {
  FileStatus status;
  status.kind = kind_of(found.st_mode);
  status.stamp = {found.st_dev, found.st_ino, found.st_size, nanoseconds(found.st_mtim),
                  nanoseconds(found.st_ctim)};
  status.hard_links = status.kind == FileKind::regular && found.st_nlink > 1;
  return status;
}

FileStatus failed(int error) {
  FileStatus status;
  if (!means_absent(error)) status.error = error;
  return status;
}

}  // namespace

FileStatus SystemFileSystem::status(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return failed(errno);
  return status_of(found);
}

int SystemFileSystem::read_link(const std::string& path, std::string& target) {
  std::array<char, 4096> buffer;
  const ssize_t length = ::readlink(path.c_str(), buffer.data(), buffer.size());
  if (length < 0) return errno;
  target.assign(buffer.data(), static_cast<std::size_t>(length));
  return 0;
}

int SystemFileSystem::list(const std::string& path, std::size_t most,
                           std::vector<std::string>& names) {
  const Descriptor descriptor(
      ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC));
  if (descriptor.get() < 0) return errno;
  const int owned = ::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 0);
  if (owned < 0) return errno;
  const auto close = [](DIR* folder) { ::closedir(folder); };
  const std::unique_ptr<DIR, decltype(close)> folder(::fdopendir(owned), close);
  if (!folder) {
    const int error = errno;
    ::close(owned);
    return error;
  }
  while (names.size() < most) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) return errno;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return 0;
}

FileContent SystemFileSystem::read(const std::string& path, const ReadLimits& limits) {
  FileContent content;
  struct stat before {};
  // Opening a device can have effects, so what is no regular file is not opened at all.
  if (::stat(path.c_str(), &before) != 0) {
    content.status = failed(errno);
    return content;
  }
  content.status = status_of(before);
  if (content.status.kind != FileKind::regular) return content;

  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (file.get() < 0 || ::fstat(file.get(), &before) != 0) {
    content.status = failed(errno);
    return content;
  }
  content.status = status_of(before);
  if (content.status.kind != FileKind::regular) return content;

  content.too_large = static_cast<std::uint64_t>(before.st_size) > limits.max_size;
  if (content.too_large) return content;

  Sha256 hash;
  off_t size = 0;
  std::array<char, kPiece> piece;
  for (;;) {
    content.stopped = limits.stop;
    if (content.stopped) return content;
    const ssize_t length = ::read(file.get(), piece.data(), piece.size());
    if (length == 0) break;
    if (length < 0) {
      if (errno == EINTR) continue;
      content.status = failed(errno);
      return content;
    }
    hash.add({piece.data(), static_cast<std::size_t>(length)});
    size += length;
    // Some files do not tell their size, and others grow.
    content.too_large = static_cast<std::uint64_t>(size) > limits.max_size;
    if (content.too_large) return content;
  }
  content.digest = hash.finish();
  struct stat after {};
  content.moving = ::fstat(file.get(), &after) != 0 ||
                   status_of(after).stamp != content.status.stamp ||
                   (size != before.st_size && before.st_size != 0);
  return content;
}

std::string unreadable_sentence(const std::string& path, int error) {
  std::string sentence =
      "cannot read " + path + " (" + std::generic_category().message(error) + "): ";
  switch (error) {
    case EACCES:
    case EPERM:
      return sentence + "let the user that Ebbgate runs as read it and enter the folders above it";
    case EMFILE:
    case ENFILE:
      return sentence + "raise the limit of open files (ulimit -n, fs.file-max)";
    case ENAMETOOLONG:
      return sentence + "shorten the path";
    default:
      return sentence + "check the disk or the file server that holds it";
  }
}

}  // namespace ebbgate::local
