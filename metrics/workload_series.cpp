#include "metrics/workload_series.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "metrics/series_text.h"

namespace ebbgate::metrics {

namespace {

// At least as many bytes as the families' heads, and a workload's lines but for its labels.
constexpr std::size_t kFamilies = 1536;
constexpr std::size_t kNumbersAndNames = 256;
constexpr std::string_view kLabelsEnd = "} ";

std::string labels_of(const WorkloadKey& key) {
  return "{namespace=\"" + escape_label_value(key.namespace_name) + "\",kind=\"" +
         escape_label_value(key.kind) + "\",workload=\"" + escape_label_value(key.name) + "\"" +
         std::string(kLabelsEnd);
}

}  // namespace

void WorkloadSeries::update(const WorkloadKey& key, int level, std::optional<BootTime> next_update,
                            Climb climb, Health health, std::string_view cause) {
  const MutexLock lock(mutex_);
  const auto [place, added] = places_.try_emplace(key, entries_.size());
  if (added) {
    const std::string labels = labels_of(key);
    entries_.push_back({labels_.size(),
                        static_cast<std::uint32_t>(labels.size()),
                        0,
                        Climb::possible,
                        Health::fine,
                        {},
                        false,
                        {},
                        &place->first});
    labels_ += labels;
  }
  Entry& entry = entries_[place->second];
  entry.level = static_cast<std::int16_t>(level);
  entry.climb = climb;
  entry.health = health;
  entry.cause = cause;
  entry.has_next = next_update.has_value();
  entry.next_update = next_update.value_or(BootTime());
}

void WorkloadSeries::erase(const WorkloadKey& key) {
  const MutexLock lock(mutex_);
  const auto place = places_.find(key);
  if (place == places_.end()) return;
  const std::size_t index = place->second;
  const Entry gone = entries_[index];
  places_.erase(place);
  if (index + 1 < entries_.size()) {
    entries_[index] = entries_.back();
    places_.at(*entries_[index].key) = index;
  }
  entries_.pop_back();
  drop_labels(gone);
}

// Leaves holes until they are half of all.
void WorkloadSeries::drop_labels(const Entry& entry) {
  unused_ += entry.length;
  if (unused_ * 2 < labels_.size()) return;
  std::string kept;
  kept.reserve(labels_.size() - unused_);
  for (Entry& each : entries_) {
    const std::size_t begin = kept.size();
    kept.append(labels_, each.labels, each.length);
    each.labels = begin;
  }
  labels_ = std::move(kept);
  unused_ = 0;
}

void WorkloadSeries::set_max_workloads(std::size_t max_workloads) {
  const MutexLock lock(mutex_);
  max_workloads_ = max_workloads;
}

// Those that fail first, then the highest levels, then by what the labels say; the keys belong to
// the loop.
void WorkloadSeries::keep_worst(std::vector<Entry>& entries, const std::string& labels,
                                std::size_t count) {
  const std::string_view text = labels;
  const auto worse = [&](const Entry& left, const Entry& right) {
    if (left.health != right.health) return left.health == Health::failing;
    if (left.level != right.level) return left.level > right.level;
    return text.substr(left.labels, left.length) < text.substr(right.labels, right.length);
  };
  const auto end = entries.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(entries.begin(), end, entries.end(), worse);
  entries.erase(end, entries.end());
}

void WorkloadSeries::write(std::string& out, const Instant& now) const {
  std::vector<Entry> lines;
  std::string all_labels;
  std::size_t max_workloads = 0;
  {
    const MutexLock lock(mutex_);
    lines = entries_;
    all_labels = labels_;
    max_workloads = max_workloads_;
  }
  const std::size_t count = std::min(max_workloads, lines.size());
  const std::size_t omitted = lines.size() - count;
  if (omitted > 0) keep_worst(lines, all_labels, count);
  const auto labels = [&](const Entry& line) {
    return std::string_view(all_labels).substr(line.labels, line.length);
  };

  // Growing by doubling would copy, and touch new pages for, twice as much as is written.
  std::size_t bytes = kFamilies;
  for (const Entry& line : lines) {
    const std::size_t series = 2U + (line.climb == Climb::ended ? 1U : 0U) +
                               (line.health == Health::failing ? 1U : 0U) +
                               (line.cause.empty() ? 0U : 1U);
    bytes += series * line.length + kNumbersAndNames;
  }
  out.reserve(out.size() + bytes);

  constexpr std::string_view kLevel = "ebbgate_workload_backoff_level";
  append_family(out, kLevel, "Unforgiven updates that a workload has behind it.", "gauge");
  for (const Entry& line : lines) {
    out.append(kLevel).append(labels(line));
    append_number(out, static_cast<std::uint64_t>(line.level));
    out += '\n';
  }

  constexpr std::string_view kNextUpdate = "ebbgate_workload_next_update_timestamp_seconds";
  append_family(out, kNextUpdate, "When a workload's pending update may go out, where known.",
                "gauge");
  for (const Entry& line : lines) {
    if (!line.has_next) continue;
    const auto wait =
        std::chrono::duration_cast<std::chrono::milliseconds>(line.next_update - now.boot);
    out.append(kNextUpdate).append(labels(line));
    append_seconds(out, now.wall.time_since_epoch() + wait);
    out += '\n';
  }

  constexpr std::string_view kHighest = "ebbgate_workload_at_highest_level";
  append_family(out, kHighest, "1 while a workload's backoff cannot climb further; absent else.",
                "gauge");
  for (const Entry& line : lines) {
    if (line.climb == Climb::ended) out.append(kHighest).append(labels(line)).append("1\n");
  }

  constexpr std::string_view kFailing = "ebbgate_workload_failing";
  append_family(out, kFailing, "1 while a workload's last update failed and is tried again.",
                "gauge");
  for (const Entry& line : lines) {
    if (line.health == Health::failing) out.append(kFailing).append(labels(line)).append("1\n");
  }

  constexpr std::string_view kCause = "ebbgate_workload_failure_cause";
  append_family(out, kCause, "1 for the cause of a failing workload's last failure.", "gauge");
  for (const Entry& line : lines) {
    if (line.cause.empty()) continue;
    std::string_view begun = labels(line);
    begun.remove_suffix(kLabelsEnd.size());
    out.append(kCause).append(begun).append(",cause=\"").append(line.cause).append("\"} 1\n");
  }

  constexpr std::string_view kOmitted = "ebbgate_workload_series_omitted";
  append_family(out, kOmitted, "Workloads left out of the series above by their limit.", "gauge");
  out.append(kOmitted).append(" ");
  append_number(out, omitted);
  out += '\n';
}

}  // namespace ebbgate::metrics
