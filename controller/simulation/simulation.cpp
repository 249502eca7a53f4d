#include "controller/simulation/simulation.h"

#include <algorithm>
#include <memory>

#include "controller/simulation/replay.h"
#include "controller/simulation/report.h"
#include "controller/simulation/trace.h"

namespace ebbgate {

int simulate(std::istream& trace, const Settings& settings, bool json, std::ostream& out,
             std::ostream& err) {
  const simulation::ParsedTrace parsed = simulation::parse_trace(trace);
  for (const std::string& problem : parsed.problems) err << "trace: " << problem << '\n';
  if (!parsed.problems.empty()) return 2;

  std::size_t width = 0;
  for (const auto& workload : parsed.trace.workloads) {
    width = std::max(width, workload.key.text().size());
  }
  simulation::Report report(out, json, width);
  simulation::Replay replay(parsed.trace,
                            std::make_shared<governor::Policy>(settings.backoff, settings.settle),
                            {settings.budget, settings.unfinished, settings.retry}, report);
  const bool at_rest = replay.run();
  report.finish(replay.summary());
  if (at_rest) return 0;
  err << "The simulation was ended a million turns after the trace, before all came to rest; see "
         "what still waits, and whether the budget lets it go.\n";
  return 1;
}

}  // namespace ebbgate
