#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret_search.h"

#include "net/waiter.h"

namespace ebbgate::kubernetes {

/// A program and what it is to be run with.
struct ProgramCall {
  std::vector<std::string> arguments;  ///< argv; the first is looked for along PATH
  /// Added to this process's own environment, in place of what has the same names there.
  std::vector<std::pair<std::string, std::string>> environment;
  SecretSearch secrets = {};  ///< what is masked in what it writes to standard error
};

struct ProgramResult {
  std::string output;  ///< at most 1 MiB
  /// Why it failed, with the end of what it wrote to standard error; empty: it ended with status 0.
  std::string error;
};

/// Runs a program without input to its end. It is killed, with its process group, at the deadline
/// and when interrupted. Blocks.
ProgramResult run_program(const ProgramCall& call, const net::Waiter& waiter, BootTime deadline);

}  // namespace ebbgate::kubernetes
