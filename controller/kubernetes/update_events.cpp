#include "controller/kubernetes/update_events.h"

#include <utility>

#include "base/text.h"

namespace ebbgate::kubernetes {

using governor::Action;
using governor::Decision;
using governor::Gate;
using governor::Workload;

namespace {

std::string time_text(Instant now, BootTime time) {
  return format_time(WallAnchor(now).at(time));
}

std::string because_of(const std::string& cause) {
  return cause.empty() ? "" : " because of " + cause;
}

std::string with_detail(const std::string& detail) {
  return detail.empty() ? "" : ": " + detail;
}

// What its owner asked for, or what is not there.
std::string gate_text(const Workload& workload, Gate gate) {
  const std::string& why = gate == Gate::missing ? workload.missing
                           : gate == Gate::hold  ? workload.hold.reason
                                                 : std::string();
  return "gate " + std::string(governor::name_of(gate)) + (why.empty() ? "" : " (" + why + ")");
}

// When the next update may go, as far as its level decides.
std::string next_text(Instant now, const Workload& workload) {
  if (!workload.memory.answered_at) return "";
  const BootTime answered = *workload.memory.answered_at;
  const governor::BackoffSettings& backoff = workload.policy->backoff();
  const Duration delay = workload.policy->delay(workload.memory.level, backoff.max);
  const Duration unhealthy = workload.policy->delay(workload.memory.level, backoff.unhealthy_max);
  std::string text = "; the next one not before " + time_text(now, answered + delay);
  if (workload.judged && unhealthy > delay) {
    text += ", or " + time_text(now, answered + unhealthy) + " unless this rollout becomes ready";
  }
  return text;
}

}  // namespace

UpdateEvents::UpdateEvents(EventSink& sink, Sources sources)
    : sink_(sink), sources_(std::move(sources)) {}

void UpdateEvents::decided(Instant now, const Decision& decision, const Workload& workload,
                           const std::string& detail) {
  const std::string level = std::to_string(decision.level);
  switch (decision.action) {
    case Action::wait: {
      if (*decision.gate == Gate::settle) break;
      const std::string until =
          decision.until ? "until " + time_text(now, *decision.until) : "until it opens";
      tell(workload, EventReason::update_held,
           *decision.gate == Gate::missing ? EventType::warning : EventType::normal,
           "An update" + because_of(sources_.cause(workload.key)) + " is held at level " + level +
               " by " + gate_text(workload, *decision.gate) + ", " + until);
      break;
    }
    case Action::send:
      causes_[workload.key] = sources_.cause(workload.key);
      break;
    case Action::answer:
      answered(now, decision, workload, detail);
      break;
    case Action::time_out:
      tell(workload, EventReason::rollout_timed_out, EventType::warning,
           "The rollout is unfinished for too long; it no longer counts towards the cap on "
           "rollouts in flight");
      break;
    case Action::forget:
      causes_.erase(workload.key);
      failing_.erase(workload.key);
      break;
    default:
      break;
  }
}

void UpdateEvents::answered(Instant now, const Decision& decision, const Workload& workload,
                            const std::string& detail) {
  constexpr std::size_t kShort = 12;
  std::string cause;
  if (const auto sent = causes_.extract(workload.key)) cause = sent.mapped();
  const std::string level = std::to_string(decision.level);
  switch (decision.outcome) {
    case Outcome::applied:
      failing_.erase(workload.key);
      tell(workload, EventReason::updated, EventType::normal,
           "Updated to configuration " + workload.sent.hex().substr(0, kShort) + because_of(cause) +
               ", level " + level + next_text(now, workload));
      break;
    case Outcome::refused:
      if (!begins_to_fail(workload)) break;
      tell(workload, EventReason::update_failing, EventType::warning,
           "An update" + because_of(cause) + " was refused" +
               (decision.until ? " and is tried again at " + time_text(now, *decision.until) : "") +
               with_detail(detail));
      break;
    case Outcome::unknown:
      if (!begins_to_fail(workload)) break;
      tell(workload, EventReason::update_failing, EventType::warning,
           "It is not known whether an update" + because_of(cause) +
               " took effect; it is repeated after the delay if it did not, level " + level +
               with_detail(detail));
      break;
  }
}

// A start in the middle tells of it once more. What somebody else was faster than is no failure.
bool UpdateEvents::begins_to_fail(const Workload& workload) {
  if (!workload.memory.failing) return false;
  return failing_.insert(workload.key).second || workload.memory.failing->count == 1;
}

void UpdateEvents::tell(const Workload& workload, EventReason reason, EventType type,
                        const std::string& message) {
  if (const auto target = sources_.target(workload.key)) {
    sink_.record(*target, reason, type, message);
  }
}

}  // namespace ebbgate::kubernetes
