#include "controller/feedback/socket_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace ebbgate::feedback {

namespace {

constexpr std::uint32_t kAppears = IN_CREATE | IN_MOVED_TO;
constexpr std::uint32_t kFolderGoes = IN_DELETE_SELF | IN_MOVE_SELF;
constexpr int kTries = 10;

std::string parent_of(const std::string& folder) {
  const std::size_t slash = folder.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : folder.substr(0, slash);
}

}  // namespace

SocketWatch::SocketWatch(const std::string& socket)
    : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  const std::size_t slash = socket.rfind('/');
  folder_ = slash == 0 ? "/" : slash == socket.npos ? "." : socket.substr(0, slash);
  name_ = slash == socket.npos ? socket : socket.substr(slash + 1);
  renew();
  fresh_ = false;
}

void SocketWatch::renew() {
  if (!inotify_) return;
  // What is missing may come while the folder above it is not watched yet.
  for (int tried = 0; tried < kTries; ++tried) {
    std::string folder = folder_;
    std::string missing;
    while (!watch(folder)) {
      const bool absent = errno == ENOENT || errno == ENOTDIR;
      if (!absent || folder == parent_of(folder)) return;
      missing = std::exchange(folder, parent_of(folder));
    }
    if (missing.empty() || ::access(missing.c_str(), F_OK) != 0) return;
  }
}

// False, with errno, when that is not possible.
bool SocketWatch::watch(const std::string& folder) {
  const int found =
      ::inotify_add_watch(inotify_.get(), folder.c_str(), kAppears | kFolderGoes | IN_ONLYDIR);
  if (watch_ >= 0 && found != watch_) {
    const int error = errno;
    ::inotify_rm_watch(inotify_.get(), watch_);
    errno = error;
  }
  if (found >= 0 && found != watch_ && folder == folder_) fresh_ = true;
  watch_ = found;
  watched_ = folder;
  return found >= 0;
}

bool SocketWatch::appeared() {
  const bool seen = take_events();
  const bool fresh = std::exchange(fresh_, false);
  return seen || (fresh && ::access((folder_ + "/" + name_).c_str(), F_OK) == 0);
}

bool SocketWatch::take_events() {
  bool seen = false;
  bool renewed = true;
  while (inotify_ && std::exchange(renewed, false)) {
    bool stale = false;
    alignas(inotify_event) std::array<char, 4096> buffer;
    for (ssize_t length = 0; (length = ::read(inotify_.get(), buffer.data(), buffer.size())) > 0;) {
      const char* const end = buffer.data() + length;
      for (const char* at = buffer.data(); at < end;) {
        inotify_event event{};
        std::memcpy(&event, at, sizeof event);
        const char* const name = at + sizeof event;
        at = name + event.len;
        // Something may have been missed.
        if ((event.mask & IN_Q_OVERFLOW) != 0) seen = stale = true;
        if (event.wd != watch_) continue;
        const bool came = (event.mask & kAppears) != 0 && event.len > 0;
        if (came && watched_ == folder_ && name_ == name) seen = true;
        if ((event.mask & (kFolderGoes | IN_IGNORED)) != 0 || (came && watched_ != folder_)) {
          stale = true;
        }
      }
    }
    if (!stale) break;
    renew();
    renewed = true;
  }
  return seen;
}

}  // namespace ebbgate::feedback
