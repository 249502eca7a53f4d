#include "controller/feedback/socket_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace ebbgate::feedback {

namespace {

constexpr std::uint32_t kAppears = IN_CREATE | IN_MOVED_TO;
constexpr std::uint32_t kFolderGoes = IN_DELETE_SELF | IN_MOVE_SELF;

}  // namespace

SocketWatch::SocketWatch(const std::string& socket)
    : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  const std::size_t slash = socket.rfind('/');
  folder_ = slash == 0 ? "/" : slash == socket.npos ? "." : socket.substr(0, slash);
  name_ = slash == socket.npos ? socket : socket.substr(slash + 1);
  renew();
}

void SocketWatch::renew() {
  if (!inotify_ || watch_ >= 0) return;
  watch_ =
      ::inotify_add_watch(inotify_.get(), folder_.c_str(), kAppears | kFolderGoes | IN_ONLYDIR);
}

bool SocketWatch::appeared() {
  bool seen = false;
  bool gone = false;
  alignas(inotify_event) std::array<char, 4096> buffer;
  while (inotify_) {
    const ssize_t length = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (length <= 0) break;
    const char* const end = buffer.data() + length;
    for (const char* at = buffer.data(); at < end;) {
      inotify_event event{};
      std::memcpy(&event, at, sizeof event);
      const char* const name = at + sizeof event;
      if ((event.mask & kAppears) != 0 && event.len > 0 && name_ == name) seen = true;
      // Something may have been missed.
      if ((event.mask & IN_Q_OVERFLOW) != 0) seen = true;
      if (event.wd == watch_ && (event.mask & (kFolderGoes | IN_IGNORED)) != 0) gone = true;
      at = name + event.len;
    }
  }
  if (gone) {
    ::inotify_rm_watch(inotify_.get(), watch_);
    watch_ = -1;
    renew();
  }
  return seen;
}

}  // namespace ebbgate::feedback
