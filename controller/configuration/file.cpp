#include "controller/configuration/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/descriptor.h"
#include "base/in_time.h"
#include "base/text.h"

namespace ebbgate::configuration {

namespace {

constexpr std::size_t kLargest = std::size_t{64} << 20U;

FileContent wrong(std::string error, std::string remedy) {
  FileContent content;
  content.error = std::move(error);
  content.remedy = std::move(remedy);
  return content;
}

FileContent cannot_read(int error) {
  if (error == ENOENT) return wrong("does not exist", "name an existing file with --config");
  if (error == EISDIR) return wrong("is a folder", "name a file in it with --config");
  FileContent content = wrong("cannot be read (" + std::string(std::strerror(error)) + ")",
                              "name a readable file with --config");
  if (error == EACCES) {
    content.remedy = "let this user read it";
    content.remedy_again = "let Ebbgate's user read it, and send SIGHUP again";
  }
  return content;
}

// Reading what is none of these could wait for ever, or bring something else each time.
FileContent unless_file(mode_t mode) {
  if (S_ISREG(mode)) return {};
  if (S_ISDIR(mode)) return cannot_read(EISDIR);
  const std::string kind = S_ISFIFO(mode)                   ? "a pipe"
                           : S_ISSOCK(mode)                 ? "a socket"
                           : S_ISCHR(mode) || S_ISBLK(mode) ? "a device"
                                                            : "no regular file";
  return wrong("is " + kind, "write the configuration to a file, and name that with --config");
}

FileContent read_now(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return cannot_read(errno);
  FileContent content = unless_file(status.st_mode);
  if (!content.error.empty()) return content;
  // It may have been replaced since; opening a pipe would wait for somebody who writes.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file || ::fstat(file.get(), &status) != 0) return cannot_read(errno);
  content = unless_file(status.st_mode);
  std::array<char, 65536> buffer{};
  while (content.error.empty()) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count == 0) break;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read(errno);
    content.text.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.text.size() > kLargest) {
      return wrong("is larger than 64 MiB", "name a configuration file with --config");
    }
  }
  return content;
}

}  // namespace

FileContent read_file(const std::filesystem::path& path, Duration patience) {
  auto content = in_time<FileContent>(patience, [path] { return read_now(path); });
  if (content) return std::move(*content);
  FileContent late = wrong(
      "cannot be read within " + format_duration(patience) + "; its file system does not answer",
      "mend that, or name another file with --config");
  late.remedy_again = "mend that, and send SIGHUP again";
  return late;
}

std::optional<std::filesystem::path> first_that_exists(
    const std::vector<std::filesystem::path>& paths, Duration patience) {
  for (const std::filesystem::path& path : paths) {
    const auto found = in_time<bool>(patience, [path] {
      struct stat status {};
      return ::lstat(path.c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
    });
    if (found.value_or(true)) return path;
  }
  return std::nullopt;
}

}  // namespace ebbgate::configuration
