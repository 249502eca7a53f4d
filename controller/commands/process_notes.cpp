#include "controller/commands/process_notes.h"

namespace ebbgate::commands {

std::vector<Line> process_notes(const SeenProcess& process, std::size_t width) {
  std::vector<Line> lines;
  const auto add = [&](const char* first, const std::string& text, Tone tone) {
    for (Line& line : paragraph({first, tone}, text, tone, width)) lines.push_back(std::move(line));
  };
  if (process.role == "standby") {
    add("standby: ",
        (process.leader.empty() ? "nobody that is known" : process.leader) +
            " leads; its status tells of the workloads",
        Tone::waiting);
  } else if (!process.role.empty()) {
    lines.push_back({{process.role + (process.leader.empty() ? "" : ": " + process.leader)}});
  }
  for (const std::string& reason : process.not_ready) add("not ready: ", reason, Tone::bad);
  if (process.stopped) {
    add("no updates: ", "budget.rate is 0, so that nothing goes out until it is raised",
        Tone::waiting);
  }
  for (const std::string& problem : process.problems) add("problem: ", problem, Tone::bad);
  return lines;
}

}  // namespace ebbgate::commands
