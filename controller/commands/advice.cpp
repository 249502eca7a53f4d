#include "controller/commands/advice.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "controller/commands/words.h"

namespace ebbgate::commands {

namespace {

constexpr std::array<std::string_view, 4> kOpenedByRelease{"settle", "backoff", "health", "retry"};

std::string kubectl(const SeenWorkload& workload, const std::string& verb,
                    const std::string& last = "") {
  std::string kind = workload.kind;
  std::ranges::transform(kind, kind.begin(), [](unsigned char c) { return std::tolower(c); });
  return "kubectl -n " + shell_word(workload.namespace_name) + " " + verb + " " +
         shell_word(kind + "/" + workload.name) + last;
}

Advice about_hold(const SeenWorkload& workload, const SeenGate& gate) {
  if (gate.reason.starts_with("spec.paused")) {
    return {"To resume it:", kubectl(workload, "rollout resume")};
  }
  const std::string ends =
      gate.until.empty() ? "To lift the hold" : "The hold ends by itself; to lift it now";
  if (workload.kind == "Local") {
    return {ends +
                ": take `hold` from this workload in the configuration file, and send SIGHUP to "
                "ebbgate.",
            ""};
  }
  return {ends + ":", kubectl(workload, "annotate", " ebbgate.io/hold-")};
}

Advice about_readiness(const SeenWorkload& workload) {
  const std::string text = "Its last rollout is not ready";
  if (workload.kind == "Local") return {text + ": see what its `ready` asks for.", ""};
  return {text + "; to see why:", kubectl(workload, "rollout status")};
}

bool release_helps(const SeenWorkload& workload) {
  const bool opened = std::ranges::any_of(kOpenedByRelease, [&](std::string_view gate) {
    return workload.has_gate(std::string(gate));
  });
  return opened && !workload.has_gate("hold") && !workload.has_gate("missing");
}

Advice about_release(const SeenWorkload& workload, const std::string& release_command) {
  const bool shared = workload.has_gate("budget") || workload.has_gate("unfinished");
  return {shared ? "To forgive its level, though what all workloads share holds it still:"
                 : "To let it go now, and forgive its level:",
          release_command + " " + shell_word(workload.key())};
}

}  // namespace

std::vector<Advice> advice_for(const SeenWorkload& workload, const std::string& release_command) {
  std::vector<Advice> advice;
  for (const SeenGate& gate : workload.gates) {
    if (gate.gate == "hold") advice.push_back(about_hold(workload, gate));
    if (gate.gate == "missing") {
      advice.push_back({"Once what is missing is there, it goes on by itself.", ""});
    }
    if (gate.gate == "retry") {
      advice.push_back(
          {"It is tried again by itself; the history below tells why it was refused.", ""});
    }
    if (gate.gate == "budget") {
      advice.push_back(
          {"It goes when it is its turn: `budget` in the configuration says how many "
           "updates all workloads share.",
           ""});
    }
    if (gate.gate == "unfinished") {
      advice.push_back({"It goes when another rollout is done. To list those that are not:",
                        "ebbgate status --state unhealthy"});
    }
  }
  if (workload.state == "unhealthy" || workload.has_gate("health")) {
    advice.push_back(about_readiness(workload));
  }
  if (!release_command.empty() && release_helps(workload)) {
    advice.push_back(about_release(workload, release_command));
  }
  // A key that was made harmless to be shown is no key to be copied.
  if (workload.key().find('?') != std::string::npos) {
    for (Advice& each : advice) each.command.clear();
    std::erase_if(advice, [](const Advice& each) { return each.text.ends_with(':'); });
  }
  return advice;
}

}  // namespace ebbgate::commands
