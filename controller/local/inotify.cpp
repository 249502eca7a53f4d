#include "controller/local/inotify.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ebbgate::local {
namespace {

constexpr std::size_t kBuffer = std::size_t{64} * 1024;

}  // namespace

Inotify::Inotify()
    : descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      problem_(descriptor_ < 0 ? errno : 0),
      buffer_(kBuffer) {}

Inotify::~Inotify() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int Inotify::add(const std::string& path, std::uint32_t mask) {
  if (descriptor_ < 0) return -problem_;
  const int watch = ::inotify_add_watch(descriptor_, path.c_str(), mask | IN_MASK_ADD);
  return watch >= 0 ? watch : -errno;
}

void Inotify::remove(int watch) {
  if (descriptor_ >= 0) ::inotify_rm_watch(descriptor_, watch);
}

void Inotify::read(std::vector<ChangeEvent>& events) {
  if (descriptor_ < 0) return;
  const ssize_t length = ::read(descriptor_, buffer_.data(), buffer_.size());
  if (length <= 0) return;
  const char* position = buffer_.data();
  const char* const end = position + length;
  while (position < end) {
    inotify_event header;
    std::memcpy(&header, position, sizeof(header));
    position += sizeof(header);
    const std::size_t name_length = ::strnlen(position, header.len);
    events.push_back({header.wd, header.mask, std::string(position, name_length)});
    position += header.len;
  }
}

}  // namespace ebbgate::local
