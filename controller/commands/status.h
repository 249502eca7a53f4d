#pragma once

#include <ostream>
#include <string>

#include "base/clock.h"
#include "controller/commands/api_client.h"
#include "controller/commands/show.h"

namespace ebbgate::commands {

struct StatusOptions final {
  std::string url = "http://127.0.0.1:9911";
  WorkloadFilter filter;
  bool all = false;  ///< list idle workloads however many there are
  ShowOptions show;
};

/// `ebbgate status`: prints what is to be said of the process, a table of workloads, and one of
/// feedback's peers where there are any. Returns the exit code. With `json`: {"items": […],
/// "feedback": […], "process": …}, each as the API has it.
int show_status(const StatusOptions& options, const Clock& clock, std::ostream& out,
                std::ostream& err);

}  // namespace ebbgate::commands
