#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "controller/commands/line.h"
#include "controller/commands/seen.h"

namespace ebbgate::commands {

struct WorkloadTable {
  std::vector<std::vector<Line>> blocks;  ///< a header and a row each; empty: nothing to list
  std::vector<Line> summary;
};

/// What fails comes first, then what else is wrong, then what waits, then what is idle; each by
/// key. Idle workloads are listed where `whole` says so or they are few, and always counted. Where
/// it is narrow, the table gives way in this order: titles, all that holds but the first, the
/// middle of names, since when, more of names, what holds, more of names. Level, state and next
/// update stay whole.
WorkloadTable workload_table(std::vector<SeenWorkload> workloads, bool whole, WallTime now,
                             std::size_t width);

}  // namespace ebbgate::commands
