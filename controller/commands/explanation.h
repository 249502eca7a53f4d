#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/commands/page.h"
#include "controller/commands/seen.h"

namespace ebbgate::commands {

/// What `explain` saw.
struct Explained {
  SeenWorkload workload;
  std::vector<SeenEvent> history;  ///< the newest first
};

/// It in words for people. Nothing of it is cut where it is narrow: reasons, names and details go
/// on in the next line, and a time that is told from now as well goes.
Page explanation(const Explained& seen, WallTime now, std::size_t width);

}  // namespace ebbgate::commands
