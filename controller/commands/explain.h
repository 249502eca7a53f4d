#pragma once

#include <cstddef>
#include <ostream>
#include <string>

#include "base/clock.h"
#include "controller/commands/resolve.h"
#include "controller/commands/show.h"

namespace ebbgate::commands {

struct ExplainOptions final {
  WrittenWorkload workload;
  std::string url = "http://127.0.0.1:9911";
  std::size_t history = 20;  ///< entries, at most 1000
  ShowOptions show;
};

/// `ebbgate explain`: prints what holds a workload and what to do, what its references are, and
/// what happened to it, the newest first. With `json`: {"workload": …, "history": […]}. Returns the
/// exit code.
int explain(const ExplainOptions& options, const Clock& clock, std::ostream& out,
            std::ostream& err);

}  // namespace ebbgate::commands
