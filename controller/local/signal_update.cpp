#include "controller/local/signal_update.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "controller/local/process_table.h"

namespace ebbgate::local {
namespace {

constexpr auto kTolerance = std::chrono::seconds(2);

struct PidFile {
  std::string error;                                   // empty where the rest holds
  FailureCause cause = FailureCause::signal_pid_file;  // of the error
  pid_t pid = 0;
  struct stat status {};
};

std::optional<pid_t> parse_pid(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const auto pid = parse_number(text);
  if (!pid || *pid == 0 || *pid > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max())) {
    return std::nullopt;
  }
  return static_cast<pid_t>(*pid);
}

PidFile read_pid_file(const std::string& path) {
  PidFile result;
  // A FIFO or a device must not hold us up.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file || ::fstat(file.get(), &result.status) != 0) {
    const int error = errno;
    // A socket, or a device without a driver.
    if (error == ENXIO || error == ENODEV) {
      result.error = "is no regular file";
      return result;
    }
    result.error = std::string("cannot be read: ") + std::strerror(error);
    if (is_shortage(error)) result.cause = FailureCause::own_resources;
    if (error == ENOENT || error == ENOTDIR) result.cause = FailureCause::signal_file_missing;
    return result;
  }
  if (!S_ISREG(result.status.st_mode)) {
    result.error = "is no regular file";
    return result;
  }
  if ((result.status.st_mode & S_IWOTH) != 0) {
    result.error =
        "can be written by everybody, who could thus have any process signalled: take that right "
        "away (chmod o-w)";
    result.cause = FailureCause::signal_file_foreign;
    return result;
  }
  std::array<char, 32> buffer{};
  const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
  if (count < 0) {
    result.error = std::string("cannot be read: ") + std::strerror(errno);
    return result;
  }
  const std::string_view text(buffer.data(), static_cast<std::size_t>(count));
  if (text.find_first_not_of(" \r\n") == std::string_view::npos) {
    result.error = "is empty";
    result.cause = FailureCause::signal_file_empty;
    return result;
  }
  const auto pid = parse_pid(text);
  if (!pid) {
    result.error = "does not hold a process id";
    result.cause = FailureCause::signal_file_garbled;
    return result;
  }
  result.pid = *pid;
  return result;
}

// Why this process is never to be signalled, whoever it is.
std::string forbidden(const SignalUpdate& update, pid_t pid) {
  if (pid == ::getpid()) return "which is Ebbgate itself";
  if (pid == 1 && !update.allow_pid_1) {
    return "the first one of the machine or container: where that is meant, set allow_pid_1: true";
  }
  return {};
}

bool is_trusted(const struct stat& file, pid_t pid) {
  return file.st_uid == 0 || file.st_uid == ::geteuid() || process_owner(pid) == file.st_uid;
}

WallTime written(const struct stat& file) {
  return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::seconds(file.st_mtim.tv_sec) + std::chrono::nanoseconds(file.st_mtim.tv_nsec)));
}

Answer refused(const SignalUpdate& update, FailureCause cause, const std::string& what) {
  return Answer::not_sent(cause, "pid file " + update.pid_file + " " + what);
}

}  // namespace

// The process, or why there is none to signal.
struct SignalSender::Found {
  pid_t pid = 0;
  Descriptor process;
  std::optional<Answer> refusal;
};

SignalSender::Found SignalSender::find(const SignalUpdate& update) {
  const auto refuse = [&](FailureCause cause, const std::string& what) {
    return Found{0, Descriptor(), refused(update, cause, what)};
  };
  const PidFile file = read_pid_file(update.pid_file);
  if (!file.error.empty()) return refuse(file.cause, file.error);
  const std::string names = "names process " + std::to_string(file.pid) + ", ";
  if (const std::string why = forbidden(update, file.pid); !why.empty()) {
    return refuse(FailureCause::signal_forbidden, names + why);
  }
  Descriptor process = open_process(file.pid);
  const int open_error = process ? 0 : errno;
  const auto status = process ? process_status(file.pid) : std::nullopt;
  if (!status || status->ended()) {
    const bool odd = open_error != 0 && open_error != ESRCH;
    const FailureCause cause = is_shortage(open_error) ? FailureCause::own_resources
                               : odd                   ? FailureCause::signal_denied
                                                       : FailureCause::signal_no_process;
    return refuse(cause, names + (odd ? std::strerror(open_error) : "which does not run"));
  }
  if (!is_trusted(file.status, file.pid)) {
    return refuse(FailureCause::signal_file_foreign,
                  "belongs to user " + std::to_string(file.status.st_uid) +
                      ", and the process that it names to another one: it must belong to root, to "
                      "the process's user or to Ebbgate's");
  }
  const Match match{file.status.st_dev,          file.status.st_ino, file.status.st_mtim.tv_sec,
                    file.status.st_mtim.tv_nsec, file.pid,           status->start_ticks};
  if (!is_known(update.pid_file, match)) {
    const WallTime started = process_start(*status, now_());
    if (started > written(file.status) + kTolerance) {
      return refuse(FailureCause::signal_file_stale,
                    names + "which started at " + format_time(started) +
                        ", after the file was written at " + format_time(written(file.status)) +
                        ": it is another process, nothing was sent to it");
    }
    know(update.pid_file, match);
  }
  return {file.pid, std::move(process), std::nullopt};
}

bool SignalSender::is_known(const std::string& path, const Match& match) {
  const MutexLock lock(mutex_);
  const auto found = known_.find(path);
  return found != known_.end() && found->second == match;
}

void SignalSender::know(const std::string& path, const Match& match) {
  const MutexLock lock(mutex_);
  known_[path] = match;
}

void SignalSender::look(const SignalUpdate& update) {
  static_cast<void>(find(update));
}

Answer SignalSender::send(const SignalUpdate& update, const MayGo& may_go) {
  Found found = find(update);
  if (found.refusal) return std::move(*found.refusal);
  if (!may_go()) {
    return refused(update, FailureCause::interrupted, "was read too late, nothing was sent");
  }
  const std::string names = "names process " + std::to_string(found.pid) + ", ";
  if (const int error = signal_process(found.process, update.signal); error != 0) {
    const FailureCause cause =
        error == ESRCH ? FailureCause::signal_no_process : FailureCause::signal_denied;
    return refused(update, cause,
                   names + (error == ESRCH ? "which does not run" : std::strerror(error)));
  }
  return Answer::applied("signal " + std::to_string(update.signal) + " sent to process " +
                         std::to_string(found.pid));
}

}  // namespace ebbgate::local
