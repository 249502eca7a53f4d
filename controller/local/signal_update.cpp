#include "controller/local/signal_update.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "controller/local/process_table.h"

namespace ebbgate::local {
namespace {

constexpr auto kTolerance = std::chrono::seconds(2);

struct PidFile {
  std::string_view error;  // empty where the rest holds
  int number = 0;          // errno, where there is one
  pid_t pid = 0;
  WallTime written;
};

PidFile read_pid_file(const std::string& path) {
  PidFile result;
  // A FIFO or a device must not hold us up.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    result.error = "cannot be read";
    result.number = errno;
    return result;
  }
  std::array<char, 32> buffer{};
  const ssize_t count =
      S_ISREG(status.st_mode) ? ::read(file.get(), buffer.data(), buffer.size()) : 0;
  std::string_view text(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const auto pid = parse_number(text);
  if (!pid || *pid <= 1 || *pid > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max())) {
    result.error = "does not hold a process id above 1";
    return result;
  }
  result.pid = static_cast<pid_t>(*pid);
  result.written = WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::seconds(status.st_mtim.tv_sec) +
      std::chrono::nanoseconds(status.st_mtim.tv_nsec)));
  return result;
}

Answer refused(const SignalUpdate& update, FailureCause cause, const std::string& what) {
  return Answer::not_sent(cause, "pid file " + update.pid_file + " " + what);
}

}  // namespace

Answer send_signal(const SignalUpdate& update) {
  const PidFile file = read_pid_file(update.pid_file);
  if (!file.error.empty()) {
    const std::string why =
        file.number != 0 ? ": " + std::string(std::strerror(file.number)) : std::string();
    const bool own = is_shortage(file.number);
    return refused(update, own ? FailureCause::own_resources : FailureCause::signal_pid_file,
                   std::string(file.error) + why);
  }
  const std::string names = "names process " + std::to_string(file.pid) + ", ";
  const Descriptor process = open_process(file.pid);
  const int open_error = process ? 0 : errno;
  const auto status = process ? process_status(file.pid) : std::nullopt;
  if (!status || status->ended()) {
    const bool odd = open_error != 0 && open_error != ESRCH;
    const FailureCause cause = is_shortage(open_error) ? FailureCause::own_resources
                               : odd                   ? FailureCause::signal_denied
                                                       : FailureCause::signal_no_process;
    return refused(update, cause, names + (odd ? std::strerror(open_error) : "which does not run"));
  }
  const WallTime started = process_start(*status);
  if (started > file.written + kTolerance) {
    return refused(update, FailureCause::signal_pid_file,
                   names + "which started at " + format_time(started) +
                       ", after the file was written at " + format_time(file.written) +
                       ": it is another process, nothing was sent to it");
  }
  if (const int error = signal_process(process, update.signal); error != 0) {
    const FailureCause cause =
        error == ESRCH ? FailureCause::signal_no_process : FailureCause::signal_denied;
    return refused(update, cause,
                   names + (error == ESRCH ? "which does not run" : std::strerror(error)));
  }
  return Answer::applied("signal " + std::to_string(update.signal) + " sent to process " +
                         std::to_string(file.pid));
}

}  // namespace ebbgate::local
