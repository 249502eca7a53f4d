#include "controller/kubernetes/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/descriptor.h"
#include "base/descriptor_limit.h"
#include "base/masked_tail.h"
#include "base/text.h"
#include "controller/kubernetes/api_status.h"

namespace ebbgate::kubernetes {
namespace {

constexpr std::size_t kMostOutput = std::size_t{1024} * 1024;
constexpr std::size_t kMostComplaint = 300;
constexpr int kReadsPerWait = 16;

std::vector<std::string> environment_of(const ProgramCall& call) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced = std::any_of(call.environment.begin(), call.environment.end(),
                                      [&](const auto& own) { return own.first == name; });
    if (!replaced) result.emplace_back(text);
  }
  for (const auto& [name, value] : call.environment) {
    result.emplace_back(name).append("=").append(value);
  }
  return result;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Pipe open_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// A process of its own group, with every signal as usual. Returns an errno or 0.
int spawn(const ProgramCall& call, int output, int complaints, pid_t& pid) {
  std::vector<std::string> arguments = call.arguments;
  std::vector<std::string> environment = environment_of(call);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const int error = posix_spawnp(&pid, arguments.front().c_str(), &actions, &attributes,
                                 pointers_to(arguments).data(), pointers_to(environment).data());
  // There is no attribute for it.
  if (error == 0) prlimit(pid, RLIMIT_NOFILE, &original_descriptor_limit(), nullptr);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// Takes some of what is there: a program that prints without a pause must not keep us from its
// deadline. False at the end.
template <typename Take>
bool drain(int descriptor, const Take& take) {
  std::array<char, 4096> bytes{};
  for (int i = 0; i < kReadsPerWait; ++i) {
    const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    take(std::string_view(bytes.data(), static_cast<std::size_t>(count)));
  }
  return true;
}

int reap(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string outcome_of(int status) {
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

ProgramResult run_program(const ProgramCall& call, const net::Waiter& waiter, BootTime deadline) {
  const std::string name = call.arguments.front();
  const Duration time = deadline - BootClock::now();
  Pipe output = open_pipe();
  Pipe complaints = open_pipe();
  if (!output.read || !complaints.read) return {"", name + ": " + std::strerror(errno)};
  pid_t pid = 0;
  const int error = spawn(call, output.write.get(), complaints.write.get(), pid);
  if (error != 0) {
    const std::string hint = error == ENOENT ? ": is it installed, and in PATH?" : "";
    return {"", "cannot run " + name + ": " + std::strerror(error) + hint};
  }
  output.write.reset();
  complaints.write.reset();
  // glibc 2.36 declares its function for C only.
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));

  ProgramResult result;
  MaskedTail said(kMostComplaint, call.secrets);
  const auto take_output = [&](std::string_view bytes) {
    result.output += bytes.substr(0, kMostOutput - result.output.size());
  };
  const auto take_complaint = [&](std::string_view bytes) { said.add(bytes); };
  std::string failure;
  std::array<pollfd, 3> waited{{{process.get(), POLLIN, 0},
                                {output.read.get(), POLLIN, 0},
                                {complaints.read.get(), POLLIN, 0}}};
  if (!process) failure = std::string("cannot be watched: ") + std::strerror(errno);
  const std::string late =
      "did not end within " + format_duration(std::chrono::round<std::chrono::milliseconds>(time));
  bool over = false;
  while (!over && failure.empty()) {
    switch (waiter.wait(waited, deadline)) {
      case net::Waiter::Result::late:
        failure = late;
        break;
      case net::Waiter::Result::interrupted:
        failure = "was interrupted";
        break;
      case net::Waiter::Result::ready:
        over = (waited[0].revents & POLLIN) != 0;
        if (!drain(output.read.get(), take_output)) waited[1].fd = -1;
        if (!drain(complaints.read.get(), take_complaint)) waited[2].fd = -1;
        if (!over && BootClock::now() >= deadline) failure = late;
        break;
    }
  }
  if (!over) ::kill(-pid, SIGKILL);
  const int status = reap(pid);
  if (failure.empty()) failure = outcome_of(status);
  if (failure.empty()) return result;
  result.error = name + " " + failure;
  const std::string complaint = one_line(said.text());
  if (!complaint.empty()) result.error += ": " + complaint;
  return result;
}

}  // namespace ebbgate::kubernetes
