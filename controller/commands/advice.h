#pragma once

#include <string>
#include <vector>

#include "controller/commands/seen.h"

namespace ebbgate::commands {

/// What somebody can do about what holds a workload.
struct Advice {
  std::string text;
  std::string command;  ///< to be copied into a shell; may be empty
};

/// Empty where there is nothing to do. `release_command` is the command line of `release` without
/// the workload; empty: it is off.
std::vector<Advice> advice_for(const SeenWorkload& workload, const std::string& release_command);

}  // namespace ebbgate::commands
