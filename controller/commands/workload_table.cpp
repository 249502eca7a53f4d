#include "controller/commands/workload_table.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/workload_states.h"
#include "controller/commands/text_table.h"
#include "controller/commands/tones.h"
#include "controller/commands/words.h"

namespace ebbgate::commands {

namespace {

enum Place : std::size_t { name, level, state, held_by, next, since };

constexpr std::size_t kFewIdle = 20;
constexpr int kUrgencyOfIdle = 4;      // with nothing to say of them
constexpr std::size_t kOneGate = 10;   // "unfinished", "backoff, …"
constexpr std::size_t kGoodName = 24;  // "namespac…ame-of-a-workload"
constexpr std::size_t kShortName = 16;
constexpr std::size_t kLeastName = 12;

int urgency(const SeenWorkload& workload) {
  if (workload.state == "failing") return 0;
  if (workload.state == "missing" || workload.state == "unhealthy") return 1;
  if (workload.state != "idle") return 2;
  return workload.absent == 0 ? kUrgencyOfIdle : 3;
}

std::string state_of(const SeenWorkload& workload) {
  return workload.absent == 0 ? workload.state
                              : workload.state + ", " + std::to_string(workload.absent) + " absent";
}

std::vector<Span> row_of(const SeenWorkload& workload, WallTime now) {
  std::string gates;
  for (const SeenGate& gate : workload.gates) {
    gates += (gates.empty() ? "" : ", ") + gate.gate;
  }
  const bool pending = !workload.pending_since.empty();
  const char* unknown = workload.state == "updating" ? "under way" : "not known";
  return {
      {workload.key()},
      {std::to_string(workload.level)},
      {state_of(workload), tone_of_state(workload.state)},
      {gates},
      {!workload.next_update.empty() ? due(workload.next_update, now) : (pending ? unknown : "")},
      {pending ? from_now(workload.pending_since, now) : ""}};
}

std::string count_of(const std::vector<SeenWorkload>& workloads) {
  if (workloads.empty()) return "no workloads";
  std::string text =
      std::to_string(workloads.size()) + (workloads.size() == 1 ? " workload" : " workloads");
  std::string separator = ": ";
  for (const std::string_view each : kWorkloadStates) {
    const auto count = std::ranges::count(workloads, each, &SeenWorkload::state);
    if (count == 0) continue;
    text += std::exchange(separator, ", ") + std::to_string(count) + " " + std::string(each);
  }
  return text;
}

}  // namespace

WorkloadTable workload_table(std::vector<SeenWorkload> workloads, bool whole, WallTime now,
                             std::size_t width) {
  using Kind = Step::Kind;
  WorkloadTable result;
  std::string summary = count_of(workloads);
  std::ranges::stable_sort(workloads, {}, urgency);
  const auto idle = std::ranges::find(workloads, kUrgencyOfIdle, urgency);
  if (!whole && static_cast<std::size_t>(workloads.end() - idle) > kFewIdle) {
    workloads.erase(idle, workloads.end());
    summary += "; idle ones are listed with --all";
  }
  result.summary = paragraph({}, summary, Tone::plain, width);
  if (workloads.empty()) return result;

  TextTable table({{"WORKLOAD", Overlong::middle},
                   {"LEVEL"},
                   {"STATE"},
                   {"HELD BY"},
                   {"NEXT UPDATE"},
                   {"PENDING SINCE"}},
                  {{Kind::retitle, since, 0, "SINCE"},
                   {Kind::retitle, next, 0, "NEXT"},
                   {Kind::shrink, held_by, kOneGate, ""},
                   {Kind::shrink, name, kGoodName, ""},
                   {Kind::drop, since, 0, ""},
                   {Kind::shrink, name, kShortName, ""},
                   {Kind::drop, held_by, 0, ""},
                   {Kind::shrink, name, kLeastName, ""}});
  for (const SeenWorkload& workload : workloads) table.add(row_of(workload, now));
  result.blocks = table.blocks(width);
  return result;
}

}  // namespace ebbgate::commands
