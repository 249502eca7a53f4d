#include "controller/feedback/socket_file.h"

#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

namespace ebbgate::feedback {

namespace {

constexpr mode_t kPermissions = 07777;

std::optional<uid_t> user_id(const std::string& user) {
  uid_t id = 0;
  const char* const end = user.data() + user.size();
  const auto read = std::from_chars(user.data(), end, id);
  if (read.ec == std::errc() && read.ptr == end) return id;
  std::array<char, 16384> buffer;
  passwd entry{};
  passwd* found = nullptr;
  getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return std::nullopt;
  return found->pw_uid;
}

std::string octal(mode_t mode) {
  std::array<char, 16> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), mode, 8);
  return "0" + std::string(text.data(), written.ptr);
}

}  // namespace

std::string socket_file_problem(const PeerSettings& settings) {
  struct stat file {};
  if (::stat(settings.socket.c_str(), &file) != 0) {
    return errno == ENOENT ? "there is no socket " + settings.socket
                           : settings.socket + ": " + std::strerror(errno);
  }
  if (!S_ISSOCK(file.st_mode)) return settings.socket + " is not a socket";
  if (!settings.required_owner.empty()) {
    const auto owner = user_id(settings.required_owner);
    if (!owner) return "there is no user " + settings.required_owner + " to own the socket";
    if (file.st_uid != *owner) {
      return settings.socket + " belongs to user " + std::to_string(file.st_uid) + ", not to " +
             settings.required_owner;
    }
  }
  const mode_t mode = file.st_mode & kPermissions;
  if (settings.required_mode && mode != *settings.required_mode) {
    return settings.socket + " has mode " + octal(mode) + ", not " + octal(*settings.required_mode);
  }
  return {};
}

std::string listener_problem(const PeerSettings& settings, int connection) {
  if (settings.required_owner.empty()) return {};
  const auto owner = user_id(settings.required_owner);
  ucred listener{};
  socklen_t length = sizeof listener;
  if (!owner || ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &listener, &length) != 0) {
    return "who listens on " + settings.socket + " cannot be told";
  }
  if (listener.uid == *owner || listener.uid == 0) return {};
  return "user " + std::to_string(listener.uid) + " listens on " + settings.socket + ", not " +
         settings.required_owner;
}

}  // namespace ebbgate::feedback
