#pragma once

#include <chrono>
#include <ostream>
#include <string>

#include "controller/commands/api_client.h"

namespace ebbgate::commands {

/// `ebbgate names`, for shells that complete a workload: prints each key on a line of its own,
/// with `patience` for each page. Where it cannot, it prints nothing and returns 1. Keys that could
/// not be written on a command line, such as one with a control character, are left out.
int print_names(const std::string& url, std::ostream& out,
                const Patience& patience = kPatienceOfShells);

/// However long the whole may take while somebody waits who pressed Tab.
inline constexpr std::chrono::seconds kLimitOfShells{2};

/// Ends the process with 1 at the limit, whatever it waits for by then: names are looked up without
/// a limit of their own, and pages may be many, or come byte by byte.
void end_after(std::chrono::seconds limit);

}  // namespace ebbgate::commands
