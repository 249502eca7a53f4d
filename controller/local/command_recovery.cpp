#include "controller/local/command_recovery.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <sstream>
#include <vector>

#include "controller/local/process_table.h"

namespace ebbgate::local {
namespace {

constexpr Duration kPatience = std::chrono::seconds(2);

struct Witness {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
};

// Nothing where it is of another boot: its processes are gone, its numbers are others'.
std::optional<Witness> parse(const std::string& text) {
  std::istringstream fields(text);
  std::string pid;
  std::string start;
  std::string boot;
  fields >> pid >> start >> boot;
  const auto pid_number = parse_number(pid);
  const auto start_ticks = parse_number(start);
  if (!pid_number || *pid_number <= 1 || !start_ticks || boot != boot_id()) return std::nullopt;
  return Witness{static_cast<pid_t>(*pid_number), *start_ticks};
}

void await_end(const Descriptor& process, BootTime until) {
  pollfd wait{process.get(), POLLIN, 0};
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - BootClock::now()).count();
    if (left <= 0) return;
    if (::poll(&wait, 1, static_cast<int>(left)) >= 0 || errno != EINTR) return;
  }
}

void end_members(pid_t group, const std::string& entry, BootTime until) {
  std::vector<Descriptor> killed;
  for (const pid_t pid : all_processes()) {
    // The descriptor comes first: what is looked at afterwards is of the process that it stands
    // for, or that process is gone and the signal goes nowhere.
    Descriptor process = open_process(pid);
    const auto status = process ? process_status(pid) : std::nullopt;
    if (!status || status->group != group || !environment_holds(pid, entry)) continue;
    if (signal_process(process, SIGKILL) == 0) killed.push_back(std::move(process));
  }
  for (const Descriptor& process : killed) await_end(process, until);
}

}  // namespace

std::string witness_of(const Command& command) {
  return std::to_string(command.pid()) + " " + std::to_string(command.start_ticks()) + " " +
         boot_id();
}

void end_survivor(const WorkloadKey& key, const std::string& witness) {
  const auto named = parse(witness);
  if (!named || named->pid == getpid()) return;
  const BootTime until = BootClock::now() + kPatience;
  const Descriptor leader = open_process(named->pid);
  const auto status = process_status(named->pid);
  if (!status) {
    // A number that a group still has is given to no new process.
    end_members(named->pid, "EBBGATE_WORKLOAD=" + key.text(), until);
    return;
  }
  if (status->start_ticks != named->start_ticks) return;
  // Group first: as long as its leader is there, its number cannot be another's.
  if (status->group == named->pid) ::kill(-named->pid, SIGKILL);
  if (!leader) return;
  signal_process(leader, SIGKILL);
  await_end(leader, until);
}

}  // namespace ebbgate::local
