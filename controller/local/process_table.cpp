#include "controller/local/process_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <sstream>
#include <string>

namespace ebbgate::local {
namespace {

std::string proc_file(pid_t pid, const char* name) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> buffer{};
  while (file) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

std::optional<ProcessStatus> process_status(pid_t pid) {
  const std::string text = proc_file(pid, "stat");
  // The name in parentheses may hold anything, parentheses and spaces included.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  ProcessStatus status;
  std::string skipped;
  fields >> status.state >> skipped >> status.group;  // fields 3 to 5
  for (int i = 6; i < 22; ++i) fields >> skipped;
  fields >> status.start_ticks;
  if (!fields) return std::nullopt;
  return status;
}

std::optional<uid_t> process_owner(pid_t pid) {
  constexpr std::string_view kLine = "\nUid:";
  const std::string text = proc_file(pid, "status");
  const std::size_t line = text.find(kLine);
  if (line == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(line + kLine.size()));
  uid_t owner = 0;
  if (!(fields >> owner)) return std::nullopt;
  return owner;
}

WallTime process_start(const ProcessStatus& status, Instant now) {
  const auto ticks_per_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  const auto since_boot = std::chrono::milliseconds(status.start_ticks * 1000 / ticks_per_second);
  return now.wall - std::chrono::duration_cast<std::chrono::milliseconds>(
                        now.boot.time_since_epoch() - since_boot);
}

bool environment_holds(pid_t pid, std::string_view entry) {
  const std::string environment = '\0' + proc_file(pid, "environ");
  return environment.find('\0' + std::string(entry) + '\0') != std::string::npos;
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc"), closedir);
  if (!folder) return pids;
  while (const dirent* entry = readdir(folder.get())) {
    if (const auto pid = parse_number(entry->d_name)) pids.push_back(static_cast<pid_t>(*pid));
  }
  return pids;
}

Descriptor open_process(pid_t pid) {
  return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

int signal_process(const Descriptor& process, int signal) {
  return syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0 ? 0 : errno;
}

}  // namespace ebbgate::local
