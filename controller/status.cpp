#include "controller/status.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "base/host_name.h"
#include "base/text.h"
#include "controller/advice.h"
#include "controller/records.h"
#include "controller/version.h"

namespace ebbgate {

namespace {

constexpr Duration kPatienceForLoop = std::chrono::seconds(1);
// Only a few threads wait for lists, so that they may wait for longer.
constexpr Duration kPatienceForList = std::chrono::seconds(4);

constexpr std::array<std::string_view, 4> kOutcomes{"", "applied", "refused", "unknown"};
constexpr std::array<std::string_view, 10> kHistoryKinds{
    "wait",     "sent",     "applied",   "refused", "unknown",
    "forgiven", "released", "cancelled", "ready",   "failed"};

std::string reason(const governor::Workload& workload, governor::Gate gate, bool past_unknown,
                   bool stopped) {
  const std::string level = std::to_string(workload.memory.level);
  switch (gate) {
    case governor::Gate::settle:
      return "waiting for the configuration to come to rest";
    case governor::Gate::backoff:
      return workload.phase == governor::Phase::in_flight
                 ? "an update is in flight; the delay of level " + level + " begins with its answer"
             : past_unknown
                 ? "level " + level + " demands its delay, counted from when it was first seen"
                 : "level " + level + " demands its delay since the last update";
    case governor::Gate::health:
      return !workload.memory.applied
                 ? "whether the last update took effect is not known; each repeat waits longer"
             : past_unknown
                 ? "whether its last rollout is ready is not known; level " + level +
                       " demands a longer delay"
                 : "the last rollout is not ready; level " + level + " demands a longer delay";
    case governor::Gate::budget:
      return stopped ? "budget.rate is 0: no update goes out until it is raised"
                     : "the budget that all workloads share has no token left";
    case governor::Gate::unfinished:
      return "as many rollouts as allowed are unfinished";
    case governor::Gate::hold:
      return workload.hold.reason.empty() ? "held by its owner" : workload.hold.reason;
    case governor::Gate::missing:
      return workload.missing;
    case governor::Gate::retry:
      return "the last update was refused";
  }
  return "";
}

metrics::ReferenceStatus reference_status(const Reference& reference, const References& applied) {
  metrics::ReferenceStatus status{reference.name, reference.digest, "unknown"};
  if (!applied) return status;
  const auto same = std::find_if(applied->begin(), applied->end(), [&](const Reference& other) {
    return other.name == reference.name;
  });
  if (same == applied->end() || same->digest != reference.digest) {
    status.state = "changed";
  } else {
    status.state = is_absent(reference.digest) ? "absent" : "applied";
  }
  return status;
}

int count_of_absent(const References& references) {
  if (!references) return 0;
  return static_cast<int>(std::ranges::count_if(
      *references, [](const Reference& reference) { return is_absent(reference.digest); }));
}

bool matches(const Controller& controller, Instant now, governor::Handle handle,
             const metrics::WorkloadQuery& query) {
  const governor::Workload& workload = controller.governor().workload(handle);
  if (workload.gone) return false;
  if (!query.namespace_name.empty() && workload.key.namespace_name != query.namespace_name) {
    return false;
  }
  if (query.after && workload.key <= *query.after) return false;
  if (query.states.empty()) return true;
  const std::string_view state = controller.governor().view(now, handle).state;
  return std::find(query.states.begin(), query.states.end(), state) != query.states.end();
}

std::vector<metrics::WorkloadStatus> select(const Controller& controller,
                                            const metrics::WorkloadQuery& query) {
  const governor::Governor& governor = controller.governor();
  const Instant now = controller.now();
  std::vector<governor::Handle> handles;
  governor.for_each([&](governor::Handle handle) {
    if (matches(controller, now, handle, query)) handles.push_back(handle);
  });
  const auto by_key = [&](governor::Handle left, governor::Handle right) {
    return governor.workload(left).key < governor.workload(right).key;
  };
  if (handles.size() > query.limit) {
    const auto end = handles.begin() + static_cast<std::ptrdiff_t>(query.limit);
    std::nth_element(handles.begin(), end, handles.end(), by_key);
    handles.erase(end, handles.end());
  }
  std::sort(handles.begin(), handles.end(), by_key);
  std::vector<metrics::WorkloadStatus> selected;
  selected.reserve(handles.size());
  for (const governor::Handle handle : handles) {
    selected.push_back(workload_status(controller, handle, false));
  }
  return selected;
}

Situation situation(const Controller& controller, governor::Handle handle, bool kubernetes,
                    const std::string& admin_socket, const std::string& loss) {
  const governor::Workload& workload = controller.governor().workload(handle);
  const governor::View view = controller.governor().view(controller.now(), handle);
  Situation situation;
  situation.key = workload.key;
  situation.state = view.state;
  situation.gates.assign(view.gates.begin(), view.gates.end());
  situation.hold = workload.hold;
  situation.missing = workload.missing;
  situation.level = workload.memory.level;
  situation.pending = view.pending_since.has_value();
  situation.newer_waits = workload.phase == governor::Phase::in_flight && workload.change_pending;
  situation.judged = workload.judged;
  situation.stopped = controller.governor().bucket().stopped();
  situation.kubernetes = kubernetes;
  if (view.failing != nullptr) {
    situation.failing = true;
    situation.cause = view.failing->cause;
    situation.failures = view.failing->count;
  }
  situation.due = view.next_update.has_value();
  situation.absent = count_of_absent(controller.record(handle).desired);
  situation.past_unknown = controller.record(handle).past_unknown();
  situation.loss = loss;
  situation.admin_socket = admin_socket;
  situation.process = ::getpid();
  return situation;
}

std::string so_far(const LongRead& read) {
  return "for " + format_duration(std::chrono::floor<std::chrono::seconds>(read.so_far));
}

void add_reads(const std::vector<LongRead>& reads, metrics::WorkloadStatus& status) {
  for (const LongRead& read : reads) {
    if (std::ranges::find(read.workloads, status.key) == read.workloads.end()) continue;
    for (metrics::ReferenceStatus& reference : status.references) {
      if (reference.name == read.reference) reference.state = "reading";
    }
    for (metrics::GateStatus& gate : status.gates) {
      if (gate.gate != name_of(governor::Gate::missing)) continue;
      gate.reason += " (" + read.reference + ": still being read " + so_far(read) + ")";
    }
  }
}

// What a provider has not read once, for people.
void add_unread(const std::vector<LongRead>& reads, std::vector<std::string>& reasons) {
  constexpr std::size_t kMost = 20;
  std::size_t more = 0;
  for (const LongRead& read : reads) {
    if (!read.first) continue;
    for (const WorkloadKey& key : read.workloads) {
      if (reasons.size() >= kMost) {
        ++more;
        continue;
      }
      reasons.push_back(key.text() + " is not known yet: " + read.reference +
                        " is still being read " + so_far(read));
    }
  }
  if (more > 0) reasons.push_back("so are " + std::to_string(more) + " more");
}

template <class Counts>
std::map<std::string_view, std::uint64_t> by_gate(const Counts& counts, bool with_settle) {
  std::map<std::string_view, std::uint64_t> named;
  for (std::size_t i = 0; i < governor::kGates; ++i) {
    if (!with_settle && i == index_of(governor::Gate::settle)) continue;
    named.emplace(governor::kGateNames.at(i), static_cast<std::uint64_t>(counts.at(i)));
  }
  return named;
}

metrics::TotalsStatus totals_of(const StatusOverview::Counts& counts) {
  metrics::TotalsStatus totals;
  totals.changes = counts.changes;
  totals.coalesced = counts.coalesced;
  for (std::size_t i = 0; i < counts.answers.size(); ++i) {
    totals.updates.emplace(kOutcomes.at(i + 1), counts.answers.at(i));
  }
  totals.suppressed = by_gate(counts.suppressed, false);
  totals.pending = by_gate(counts.waiting, true);
  return totals;
}

}  // namespace

metrics::WorkloadStatus workload_status(const Controller& controller, governor::Handle handle,
                                        bool with_references) {
  const Instant now = controller.now();
  const governor::Workload& workload = controller.governor().workload(handle);
  const WorkloadRecord& record = controller.record(handle);
  const governor::View view = controller.governor().view(now, handle);
  const auto wall = [&](const std::optional<BootTime>& at) -> std::optional<WallTime> {
    if (!at) return std::nullopt;
    return controller.wall_time(*at);
  };
  metrics::WorkloadStatus status;
  status.key = workload.key;
  status.state = view.state;
  status.level = workload.memory.level;
  const bool stopped = controller.governor().bucket().stopped();
  for (const governor::ClosedGate& gate : view.gates) {
    // A hold ends by the wall clock, and is told as it was written.
    const bool is_hold = gate.gate == governor::Gate::hold;
    status.gates.push_back({std::string(name_of(gate.gate)),
                            is_hold ? workload.hold.until : wall(gate.until),
                            reason(workload, gate.gate, record.past_unknown(), stopped)});
  }
  status.next_update = wall(view.next_update);
  const bool held_until_then =
      std::ranges::any_of(view.gates, [&](const governor::ClosedGate& gate) {
        return gate.gate == governor::Gate::hold && gate.until && gate.until == view.next_update;
      });
  if (held_until_then) status.next_update = workload.hold.until;
  status.pending_since = wall(view.pending_since);
  status.applied = workload.memory.applied;
  status.desired = workload.desired;
  status.last_update = record.last_update;
  status.last_outcome = kOutcomes.at(static_cast<std::size_t>(record.last_outcome));
  if (view.failing != nullptr) {
    status.last_error = record.last_error;
    if (view.failing->cause) status.failure_cause = name_of(*view.failing->cause);
    status.failing_since = wall(view.failing->since);
    status.failures = view.failing->count;
  } else if (workload.memory.rollout == governor::Rollout::failed) {
    status.last_error = record.why_not_ready();
  }
  status.changes = workload.changes;
  status.updates = workload.updates;
  status.suppressed = workload.suppressed;
  status.coalesced = workload.coalesced;
  status.absent = count_of_absent(record.desired);
  if (with_references && record.desired) {
    for (const Reference& reference : *record.desired) {
      status.references.push_back(reference_status(reference, record.applied));
    }
  }
  return status;
}

std::optional<std::vector<metrics::WorkloadStatus>> StatusService::workloads(
    const metrics::WorkloadQuery& query) {
  return parts_.loop.ask<std::vector<metrics::WorkloadStatus>>(
      kPatienceForList, [query](Controller& controller) { return select(controller, query); });
}

std::optional<std::optional<metrics::WorkloadNews>> StatusService::news(const std::string& since,
                                                                        std::size_t limit) {
  using Found = std::optional<metrics::WorkloadNews>;
  return parts_.loop.ask<Found>(
      kPatienceForList, [&news = parts_.news, since, limit](Controller& controller) -> Found {
        auto found = news.after(since, limit);
        if (!found) return std::nullopt;
        metrics::WorkloadNews answer{{}, std::move(found->gone), found->since, found->more};
        answer.items.reserve(found->touched.size());
        for (const governor::Handle handle : found->touched) {
          answer.items.push_back(workload_status(controller, handle, false));
        }
        return answer;
      });
}

std::optional<std::optional<metrics::WorkloadStatus>> StatusService::workload(
    const WorkloadKey& key) {
  using Found = std::optional<metrics::WorkloadStatus>;
  const bool kubernetes = !parts_.provider.cluster().empty();
  return parts_.loop.ask<Found>(
      kPatienceForLoop,
      [key, kubernetes, admin_socket = parts_.admin_socket(), loss = parts_.loss(),
       reads = parts_.provider.long_reads(),
       words = parts_.provider.passed_over()](Controller& controller) -> Found {
        const auto handle = controller.governor().find(key);
        if (!handle || controller.governor().workload(*handle).gone) return std::nullopt;
        metrics::WorkloadStatus status = workload_status(controller, *handle, true);
        Situation asked = situation(controller, *handle, kubernetes, admin_socket, loss);
        for (metrics::ReferenceStatus& reference : status.references) {
          const auto word = words.find(reference.name);
          if (reference.state != "absent" || word == words.end()) continue;
          reference.state = word->second;
          --asked.absent;
          constexpr std::size_t kLongest = 500;  // many may be alike
          if (asked.unreadable.size() > kLongest) continue;
          asked.unreadable += (asked.unreadable.empty() ? "" : "; ") + reference.name + " is a " +
                              word->second + ", so put a file or folder in its place";
        }
        add_reads(reads, status);
        Advice advice = advice_for(asked);
        status.waits_for = std::move(advice.waits_for);
        status.to_do = std::move(advice.to_do);
        status.advice = std::move(advice.pieces);
        return status;
      });
}

std::optional<std::vector<metrics::HistoryStatus>> StatusService::history(
    const std::optional<WorkloadKey>& key, std::size_t limit) {
  auto answer = history_(key, limit);
  if (answer.wait_for(kPatienceForLoop) != std::future_status::ready) return std::nullopt;
  const std::optional<std::vector<storage::HistoryRow>> rows = answer.get();
  if (!rows) return std::nullopt;
  std::vector<metrics::HistoryStatus> entries;
  entries.reserve(rows->size());
  for (const storage::HistoryRow& row : *rows) {
    entries.push_back({row.key, row.at,
                       std::string(kHistoryKinds.at(static_cast<std::size_t>(row.kind))), row.level,
                       row.detail});
  }
  return entries;
}

std::optional<bool> StatusService::release(const WorkloadKey& key) {
  return parts_.loop.ask<bool>(kPatienceForLoop,
                               [key](Controller& controller) { return controller.release(key); });
}

metrics::ProcessStatus StatusService::process() {
  const Leadership leadership = parts_.provider.leadership();
  metrics::ProcessStatus status;
  status.provider = parts_.provider.provider().name();
  status.cluster = parts_.provider.cluster();
  if (status.cluster.empty()) status.host = host_name();
  if (leadership.elected) status.role = leadership.leading ? "leader" : "standby";
  status.leader = leadership.leader;
  status.problems = parts_.problems();
  for (std::string& problem : parts_.provider.problems()) {
    status.problems.push_back(std::move(problem));
  }
  const StatusOverview::Seen seen = parts_.overview.seen();
  status.degraded = seen.degraded;
  status.version = kVersion;
  status.revision = kRevision;
  status.started = parts_.started;
  if (seen.bucket) {
    const governor::BudgetSettings& budget = seen.bucket->settings();
    status.budget = {seen.bucket->tokens(BootClock::now()), budget.burst, budget.rate};
  }
  status.totals = totals_of(seen.counts);
  return status;
}

bool StatusService::healthy() {
  return parts_.loop.turning(std::chrono::seconds(5));
}

std::vector<std::string> StatusService::not_ready() {
  using Reasons = std::vector<std::string>;
  // A standby is ready: it keeps nothing, and lists when it is elected.
  const bool leading = parts_.provider.leadership().leading;
  const auto reasons =
      parts_.loop.ask<Reasons>(kPatienceForLoop, [leading](Controller& controller) {
        Reasons answer;
        if (leading && !controller.deciding())
          answer.emplace_back("the configuration is still being read");
        if (controller.degraded()) {
          answer.push_back("the store is degraded: " + controller.degraded_reason());
        }
        return answer;
      });
  if (!reasons) return {"the loop does not answer"};
  Reasons all = *reasons;
  add_unread(parts_.provider.long_reads(), all);
  return all;
}

}  // namespace ebbgate
