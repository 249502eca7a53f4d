#pragma once

#include <cstddef>
#include <vector>

#include "controller/commands/line.h"
#include "controller/commands/seen.h"

namespace ebbgate::commands {

/// What there is to say of the process itself: its role among replicas, what is wrong with it, and
/// why its decisions are not to be trusted now. Empty where there is nothing.
std::vector<Line> process_notes(const SeenProcess& process, std::size_t width);

}  // namespace ebbgate::commands
