#include "controller/records.h"

#include <algorithm>

#include "base/text.h"

namespace ebbgate {

using governor::Action;
using storage::HistoryKind;

namespace {

// Of a moment that is stored by the wall clock, which may have been set to anything.
constexpr std::chrono::milliseconds kLongestAge = std::chrono::hours(24 * 3650);

std::optional<HistoryKind> kind_of(const governor::Decision& decision) {
  switch (decision.action) {
    case Action::wait:
      return HistoryKind::wait;
    case Action::send:
      return HistoryKind::sent;
    case Action::answer:
      switch (decision.outcome) {
        case Outcome::applied:
          return HistoryKind::applied;
        case Outcome::refused:
          return HistoryKind::refused;
        case Outcome::unknown:
          return HistoryKind::unknown;
      }
      return std::nullopt;
    case Action::forgive:
      return HistoryKind::forgiven;
    case Action::release:
      return HistoryKind::released;
    case Action::cancel:
      return HistoryKind::cancelled;
    case Action::ready:
      return HistoryKind::ready;
    case Action::fail:
    case Action::time_out:
      return HistoryKind::failed;
    case Action::begin:
    case Action::recommit:
    case Action::coalesce:
    case Action::forget:
      return std::nullopt;
  }
  return std::nullopt;
}

BootTime boot_time(Instant now, WallTime at) {
  return now.boot - std::clamp(now.wall - at, WallTime::duration::zero(), kLongestAge);
}

}  // namespace

governor::Memory memory_of(const storage::WorkloadRow& row, Instant now) {
  governor::Memory memory;
  memory.level = row.level;
  memory.answered_at = row.answered_at;
  memory.forgive_not_before = row.forgive_not_before;
  memory.applied = row.applied;
  memory.in_flight = row.in_flight;
  memory.rollout = static_cast<governor::Rollout>(row.rollout);
  memory.tried = row.tried;
  memory.repeats = row.repeats;
  if (row.failures > 0) {
    memory.failing =
        governor::Failing{boot_time(now, row.failing_since.value_or(now.wall)), row.failures,
                          row.failure_cause ? failure_cause(*row.failure_cause) : std::nullopt};
  }
  if (row.pending_since) memory.pending_since = boot_time(now, *row.pending_since);
  return memory;
}

void update_row(storage::WorkloadRow& row, const governor::Memory& memory) {
  row.level = memory.level;
  row.answered_at = memory.answered_at;
  row.forgive_not_before = memory.forgive_not_before;
  row.applied = memory.applied;
  row.in_flight = memory.in_flight;
  row.rollout = static_cast<storage::Rollout>(memory.rollout);
  if (!row.applied) row.references.clear();
  row.tried = memory.tried;
  row.repeats = memory.repeats;
  row.failures = memory.failing ? memory.failing->count : 0;
  row.failure_cause.reset();
  if (memory.failing && memory.failing->cause) {
    row.failure_cause = static_cast<int>(*memory.failing->cause);
  }
  if (!memory.failing) {
    row.failing_since.reset();
    if (memory.rollout != governor::Rollout::failed) row.last_error.clear();
  }
}

void update_row_times(storage::WorkloadRow& row, const governor::Memory& memory, Instant now) {
  row.failing_since.reset();
  row.pending_since.reset();
  if (memory.failing) row.failing_since = wall_time(now, memory.failing->since);
  if (memory.pending_since) row.pending_since = wall_time(now, *memory.pending_since);
}

std::vector<Reference> references_of(const storage::WorkloadRow& row) {
  std::vector<Reference> references;
  references.reserve(row.references.size());
  for (const storage::ReferenceRow& reference : row.references) {
    references.push_back({reference.name, reference.digest});
  }
  return references;
}

void set_references(storage::WorkloadRow& row, const std::vector<Reference>& references) {
  row.references.clear();
  row.references.reserve(references.size());
  for (const Reference& reference : references) {
    row.references.push_back({reference.name, reference.digest});
  }
  row.references_version = kReferencesVersion;
}

std::optional<storage::HistoryRow> history_entry(const governor::Decision& decision,
                                                 const WorkloadKey& key, Instant now,
                                                 const std::string& detail) {
  const std::optional<HistoryKind> kind = kind_of(decision);
  if (!kind) return std::nullopt;
  storage::HistoryRow entry{key, wall_time(now, decision.at), *kind, decision.level, detail};
  if (decision.action == Action::wait) {
    entry.detail = name_of(*decision.gate);
    if (decision.until) entry.detail += " until " + format_time(wall_time(now, *decision.until));
  } else if (decision.action == Action::send && decision.delay) {
    const auto waited = std::chrono::round<std::chrono::milliseconds>(*decision.delay);
    entry.detail = format_duration(waited) + " after the first change that it carries";
  } else if (decision.action == Action::answer && decision.until) {
    entry.detail += "; next try at " + format_time(wall_time(now, *decision.until));
  } else if (decision.action == Action::time_out) {
    entry.detail = "gave its slot back: " + detail;
  }
  return entry;
}

WallTime wall_time(Instant now, BootTime at) {
  return now.wall + std::chrono::round<std::chrono::milliseconds>(at - now.boot);
}

}  // namespace ebbgate
