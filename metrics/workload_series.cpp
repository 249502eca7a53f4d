#include "metrics/workload_series.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "metrics/series_text.h"

namespace ebbgate::metrics {

namespace {

// At least as many bytes as the families' heads, and a workload's lines but for its labels.
constexpr std::size_t kFamilies = 1024;
constexpr std::size_t kNumbersAndNames = 160;

std::string labels_of(const WorkloadKey& key) {
  return "{namespace=\"" + escape_label_value(key.namespace_name) + "\",kind=\"" +
         escape_label_value(key.kind) + "\",workload=\"" + escape_label_value(key.name) + "\"} ";
}

}  // namespace

void WorkloadSeries::update(const WorkloadKey& key, int level, std::optional<BootTime> next_update,
                            Climb climb) {
  const MutexLock lock(mutex_);
  const auto [place, added] = places_.try_emplace(key);
  if (added) {
    Series series{std::make_shared<const std::string>(labels_of(key)), next_update, climb};
    place->second = ordered_.emplace(Order{level, &place->first}, std::move(series)).first;
    return;
  }
  if (place->second->first.level != level) {
    Series series = std::move(place->second->second);
    ordered_.erase(place->second);
    place->second = ordered_.emplace(Order{level, &place->first}, std::move(series)).first;
  }
  place->second->second.next_update = next_update;
  place->second->second.climb = climb;
}

void WorkloadSeries::erase(const WorkloadKey& key) {
  const MutexLock lock(mutex_);
  const auto place = places_.find(key);
  if (place == places_.end()) return;
  ordered_.erase(place->second);
  places_.erase(place);
}

void WorkloadSeries::set_max_workloads(std::size_t max_workloads) {
  const MutexLock lock(mutex_);
  max_workloads_ = max_workloads;
}

void WorkloadSeries::write(std::string& out, const Instant& now) const {
  struct Line {
    std::shared_ptr<const std::string> labels;
    int level;
    std::optional<BootTime> next_update;
    Climb climb;
  };
  std::vector<Line> lines;
  std::size_t omitted = 0;
  {
    const MutexLock lock(mutex_);
    const std::size_t count = std::min(max_workloads_, ordered_.size());
    omitted = ordered_.size() - count;
    lines.reserve(count);
    for (auto place = ordered_.begin(); lines.size() < count; ++place) {
      const Series& series = place->second;
      lines.push_back({series.labels, place->first.level, series.next_update, series.climb});
    }
  }

  // Growing by doubling would copy, and touch new pages for, twice as much as is written.
  std::size_t bytes = kFamilies;
  for (const Line& line : lines) {
    bytes += (line.climb == Climb::ended ? 3 : 2) * line.labels->size() + kNumbersAndNames;
  }
  out.reserve(out.size() + bytes);

  constexpr std::string_view kLevel = "ebbgate_workload_backoff_level";
  append_family(out, kLevel, "Unforgiven updates that a workload has behind it.", "gauge");
  for (const Line& line : lines) {
    out.append(kLevel).append(*line.labels);
    append_number(out, static_cast<std::uint64_t>(line.level));
    out += '\n';
  }

  constexpr std::string_view kNextUpdate = "ebbgate_workload_next_update_timestamp_seconds";
  append_family(out, kNextUpdate, "When a workload's pending update may go out, where known.",
                "gauge");
  for (const Line& line : lines) {
    if (!line.next_update) continue;
    const auto wait =
        std::chrono::duration_cast<std::chrono::milliseconds>(*line.next_update - now.boot);
    out.append(kNextUpdate).append(*line.labels);
    append_seconds(out, now.wall.time_since_epoch() + wait);
    out += '\n';
  }

  constexpr std::string_view kHighest = "ebbgate_workload_at_highest_level";
  append_family(out, kHighest, "1 while a workload's backoff cannot climb further; absent else.",
                "gauge");
  for (const Line& line : lines) {
    if (line.climb == Climb::ended) out.append(kHighest).append(*line.labels).append("1\n");
  }

  constexpr std::string_view kOmitted = "ebbgate_workload_series_omitted";
  append_family(out, kOmitted, "Workloads left out of the series above by their limit.", "gauge");
  out.append(kOmitted).append(" ");
  append_number(out, omitted);
  out += '\n';
}

}  // namespace ebbgate::metrics
