#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace ebbgate::local {

/// How many bytes release a waiting child: the fingerprint's hexadecimal digits.
inline constexpr std::size_t kReleaseBytes = 64;

/// What a child tells its parent when it could not become the command.
struct ChildFailure {
  enum class Step : std::int32_t { setup, program };
  Step step = Step::setup;
  std::int32_t error = 0;    ///< an errno
  std::int32_t program = 0;  ///< which of the plan's programs it is of
};

/// Everything that a forked child needs, laid out before the fork.
struct ChildPlan {
  pid_t parent = 0;
  /// Tried one after the other, up to a null, until one is there.
  char* const* programs = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  /// Where in the environment the released fingerprint goes; null: nowhere.
  char* fingerprint = nullptr;
  rlimit descriptor_limit{};  ///< of the command
  int input = -1;             ///< becomes descriptor 0
  int output = -1;            ///< becomes descriptors 1 and 2
  int release = -1;           ///< kReleaseBytes let the child go on, the end of it lets it end
  int failure = -1;           ///< gets a ChildFailure, or just ends
};

/// The child's side of the fork: becomes the leader of a process group that dies with the thread
/// that forked it, waits to be released and becomes the command. The process that it is a copy of
/// has threads, so it makes async-signal-safe calls only and allocates nothing.
[[noreturn]] void run_child(const ChildPlan& plan);

}  // namespace ebbgate::local
