#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "controller/commands/line.h"
#include "controller/commands/seen.h"

namespace ebbgate::commands {

/// Feedback's peers: a header and a row each. Where it is narrow, a problem takes more lines.
std::vector<std::vector<Line>> peer_table(const std::vector<SeenPeer>& peers, WallTime now,
                                          std::size_t width);

}  // namespace ebbgate::commands
