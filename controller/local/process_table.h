#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/descriptor.h"

namespace ebbgate::local {

/// What /proc/PID/stat says of a process.
struct ProcessStatus {
  char state = '?';
  pid_t group = 0;
  /// Clock ticks from boot to its start. With the pid it names a process for as long as the machine
  /// runs.
  std::uint64_t start_ticks = 0;

  bool ended() const { return state == 'Z' || state == 'X'; }
};

/// Nothing where there is no such process.
std::optional<ProcessStatus> process_status(pid_t pid);

/// The real user of a process; nothing where it cannot be told.
std::optional<uid_t> process_owner(pid_t pid);

/// When a process started, as the wall clock reckons at `now`.
WallTime process_start(const ProcessStatus& status, Instant now);

/// Whether `NAME=value` is in the environment that the process began with. False where it may not
/// be read.
bool environment_holds(pid_t pid, std::string_view entry);

/// Every process that /proc shows.
std::vector<pid_t> all_processes();

/// A descriptor that stands for the process whatever becomes of its pid; empty with errno set.
Descriptor open_process(pid_t pid);

/// Returns 0 or an errno.
int signal_process(const Descriptor& process, int signal);

/// A whole positive number and nothing else.
std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace ebbgate::local
