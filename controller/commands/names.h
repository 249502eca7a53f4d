#pragma once

#include <ostream>
#include <string>

#include "controller/commands/api_client.h"

namespace ebbgate::commands {

/// `ebbgate names`, for shells that complete a workload: prints each key on a line of its own,
/// within about `patience`. Where it cannot, it prints nothing and returns 1. Keys that could not be
/// written on a command line, such as one with a control character, are left out.
int print_names(const std::string& url, std::ostream& out,
                const Patience& patience = kPatienceOfShells);

}  // namespace ebbgate::commands
