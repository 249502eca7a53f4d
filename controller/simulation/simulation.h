#pragma once

#include <istream>
#include <ostream>

#include "controller/settings.h"

namespace ebbgate {

/// Replays a trace (docs/simulate.md) through the Governor with the global policy and limits of
/// `settings`, which must be valid, and writes every decision to `out`: JSON lines, or a table and
/// a summary. What is wrong goes to `err`. Returns the exit code: 0 fine, 1 did not come to rest,
/// 2 the trace is wrong (then nothing is simulated).
int simulate(std::istream& trace, const Settings& settings, bool json, std::ostream& out,
             std::ostream& err);

}  // namespace ebbgate
