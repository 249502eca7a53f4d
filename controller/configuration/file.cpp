#include "controller/configuration/file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace ebbgate::configuration {

namespace {

constexpr std::size_t kLargest = std::size_t{64} << 20U;

std::string cannot_read(int error) {
  if (error == ENOENT) return "does not exist; name an existing file with --config";
  if (error == EISDIR) return "is a folder; name a file in it with --config";
  const std::string reason = "cannot be read (" + std::string(std::strerror(error)) + "); ";
  return reason +
         (error == EACCES ? "let this user read it" : "name a readable file with --config");
}

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

FileContent read_file(const std::filesystem::path& path) {
  FileContent content;
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) {
    content.error = cannot_read(errno);
    return content;
  }
  std::array<char, 65536> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    content.text.append(buffer.data(), count);
    if (content.text.size() > kLargest) {
      content.error = "is larger than 64 MiB; name a configuration file with --config";
      return content;
    }
  }
  if (std::ferror(file.get()) != 0) content.error = cannot_read(errno);
  return content;
}

}  // namespace ebbgate::configuration
