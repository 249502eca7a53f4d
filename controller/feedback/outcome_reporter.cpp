#include "controller/feedback/outcome_reporter.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace ebbgate::feedback {

using governor::Action;
using governor::Decision;
using governor::Workload;

namespace {

constexpr double kBestScore = 100;
constexpr std::size_t kJobIdLength = 32;
// What a command says may be long.
constexpr std::size_t kLongestDetail = 1000;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

void OutcomeReporter::decided(Instant now, const Decision& decision, const Workload& workload,
                              const std::string& detail) {
  switch (decision.action) {
    case Action::send:
      return sent(decision, workload);
    case Action::answer:
      return answered(now, decision, workload, detail);
    case Action::ready:
      return ended(now, decision, workload, "ready", detail);
    case Action::fail:
    case Action::time_out:
      return ended(now, decision, workload, "failed", detail);
    case Action::forget:
      updates_.erase(decision.workload);
      return;
    default:
      return;
  }
}

void OutcomeReporter::sent(const Decision& decision, const Workload& workload) {
  Update& update = updates_[decision.workload];
  // A try after a refusal is the same update once more.
  if (update.phase != Update::Phase::trying) {
    const std::uint64_t coalesced = update.coalesced;
    update = {};
    update.coalesced_before = coalesced;
  }
  ++update.attempts;
  update.fingerprint = decision.fingerprint;
  update.level = decision.level;
  update.delay = decision.delay.value_or(update.delay);
  update.coalesced = workload.coalesced;
  update.sent_at = decision.at;
}

void OutcomeReporter::answered(Instant now, const Decision& decision, const Workload& workload,
                               const std::string& detail) {
  const auto found = updates_.find(decision.workload);
  if (found == updates_.end() || decision.outcome == Outcome::refused) return;
  Update& update = found->second;
  update.duration = decision.delay.value_or(Duration::zero());
  update.answered_at = decision.at;
  update.phase = Update::Phase::watched;
  if (decision.outcome == Outcome::unknown)
    return ended(now, decision, workload, "unknown", detail);
  if (!workload.judged) ended(now, decision, workload, "ready", detail);
}

void OutcomeReporter::ended(Instant now, const Decision& decision, const Workload& workload,
                            const std::string& outcome, const std::string& detail) {
  const auto found = updates_.find(decision.workload);
  if (found == updates_.end() || found->second.phase != Update::Phase::watched) return;
  Update& update = found->second;
  update.phase = Update::Phase::told;
  const WallAnchor anchor(now);
  const WorkloadKey& key = workload.key;
  const std::string sent_at = format_time(anchor.at(update.sent_at));
  const std::string job_id = sha256(key.text() + "@" + sent_at).hex().substr(0, kJobIdLength);
  const nlohmann::json message = {
      {"job_id", job_id},
      {"features",
       {update.level, seconds(update.delay), seconds(update.duration), update.attempts,
        seconds(decision.at - update.answered_at), update.coalesced - update.coalesced_before,
        workload.judged ? 1 : 0}},
      {"true_score", outcome == "ready" ? kBestScore : 0},
      {"event",
       {{"namespace", key.namespace_name},
        {"kind", key.kind},
        {"workload", key.name},
        {"outcome", outcome},
        {"fingerprint", update.fingerprint.hex()},
        {"level", update.level},
        {"sent_at", sent_at},
        {"answered_at", format_time(anchor.at(update.answered_at))},
        {"ended_at", format_time(anchor.at(decision.at))},
        {"detail", detail.substr(0, kLongestDetail)}}}};
  deliver_(job_id, message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace ebbgate::feedback
