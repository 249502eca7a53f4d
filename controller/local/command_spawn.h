#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/descriptor.h"
#include "controller/governor/outcome.h"

namespace ebbgate::local {

/// What becomes of what a command prints.
enum class CommandPrints : std::uint8_t {
  nothing,  ///< it goes to /dev/null
  answer,   ///< it is read, and its last lines are told in the answer where the command fails
  log,      ///< the same, and it is logged
};

/// A command and what is special about its run.
struct CommandRequest {
  std::vector<std::string> arguments;  ///< argv; never empty
  /// Added to this process's own environment, in place of what has the same names there.
  std::vector<std::pair<std::string, std::string>> environment;
  /// Whether EBBGATE_FINGERPRINT is added too, with what it is released with.
  bool wants_fingerprint = false;
  CommandPrints prints = CommandPrints::nothing;
};

/// A child that waits to be released, leader of a process group of its own.
struct SpawnedCommand {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
  Descriptor process;  ///< readable once it ended
  Descriptor release;  ///< kReleaseBytes start the command, closing it ends the child
  Descriptor failure;  ///< holds a ChildFailure where it could not become the command
  Descriptor output;   ///< what it prints; not there unless wanted
  std::vector<std::string> programs;  ///< the files that its first word may mean
};

/// Forks a child for the command. It is killed when the calling thread ends, and it inherits the
/// caller's blocked signals for a moment, so the caller blocks all of them. Returns a refusal
/// where it fails; then no child is left.
std::variant<SpawnedCommand, Answer> spawn_command(const CommandRequest& request);

}  // namespace ebbgate::local
