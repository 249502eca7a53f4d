#include "controller/local/command_spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/descriptor_limit.h"
#include "controller/local/command_child.h"
#include "controller/local/process_table.h"
#include "controller/local/program_search.h"

namespace ebbgate::local {
namespace {

constexpr std::string_view kFingerprintName = "EBBGATE_FINGERPRINT";

// The strings of an argv or envp, and the array of pointers to them that ends with null.
class StringArray {
 public:
  explicit StringArray(std::vector<std::string> strings) : strings_(std::move(strings)) {
    for (std::string& string : strings_) pointers_.push_back(string.data());
    pointers_.push_back(nullptr);
  }
  StringArray(const StringArray&) = delete;
  StringArray& operator=(const StringArray&) = delete;

  char* const* data() const { return pointers_.data(); }
  char* last() const { return pointers_[pointers_.size() - 2]; }

 private:
  std::vector<std::string> strings_;
  std::vector<char*> pointers_;
};

std::vector<std::string> environment_for(const CommandRequest& request) {
  const auto replaced = [&](std::string_view variable) {
    const std::string_view name = variable.substr(0, variable.find('='));
    for (const auto& [own, value] : request.environment) {
      if (name == own) return true;
    }
    return name == kFingerprintName;
  };
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!replaced(*variable)) result.emplace_back(*variable);
  }
  for (const auto& [name, value] : request.environment) {
    result.emplace_back(name).append("=").append(value);
  }
  if (request.wants_fingerprint) {
    result.push_back(std::string(kFingerprintName) + "=" + std::string(kReleaseBytes, '0'));
  }
  return result;
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

std::optional<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

Answer cannot_start(const std::string& what) {
  return Answer::not_sent(FailureCause::own_resources,
                          "cannot start a command: " + what + ": " + std::strerror(errno));
}

void kill_and_reap(pid_t pid) {
  ::kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

std::variant<SpawnedCommand, Answer> spawn_command(const CommandRequest& request) {
  std::vector<std::string> candidates = program_candidates(request.arguments.front());
  const StringArray programs(candidates);
  const StringArray arguments(request.arguments);
  const StringArray environment(environment_for(request));

  Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return cannot_start("/dev/null");
  std::optional<Pipe> release = open_pipe();
  std::optional<Pipe> failure = release ? open_pipe() : std::nullopt;
  if (!release || !failure) return cannot_start("pipe");
  std::optional<Pipe> output;
  if (request.prints != CommandPrints::nothing) {
    output = open_pipe();
    if (!output) return cannot_start("pipe");
    fcntl(output->read.get(), F_SETFL, O_NONBLOCK);
  }
  fcntl(failure->read.get(), F_SETFL, O_NONBLOCK);

  ChildPlan plan;
  plan.parent = getpid();
  plan.programs = programs.data();
  plan.arguments = arguments.data();
  plan.environment = environment.data();
  if (request.wants_fingerprint) {
    plan.fingerprint = environment.last() + kFingerprintName.size() + 1;
  }
  plan.descriptor_limit = original_descriptor_limit();
  plan.input = null.get();
  plan.output = output ? output->write.get() : null.get();
  plan.release = release->read.get();
  plan.failure = failure->write.get();

  const pid_t pid = fork();
  if (pid < 0) return cannot_start("fork");
  if (pid == 0) run_child(plan);
  // Both sides do it, so that the group exists before either goes on.
  setpgid(pid, pid);
  Descriptor process = open_process(pid);
  const auto status = process ? process_status(pid) : std::nullopt;
  if (!process || !status) {
    Answer error = cannot_start(process ? "/proc" : "pidfd_open");
    kill_and_reap(pid);
    return error;
  }
  return SpawnedCommand{pid,
                        status->start_ticks,
                        std::move(process),
                        std::move(release->write),
                        std::move(failure->read),
                        output ? std::move(output->read) : Descriptor(),
                        std::move(candidates)};
}

}  // namespace ebbgate::local
