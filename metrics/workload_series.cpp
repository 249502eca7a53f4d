#include "metrics/workload_series.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

namespace ebbgate::metrics {

namespace {

// At least as many bytes as the families' heads, and a workload's lines but for its labels.
constexpr std::size_t kFamilies = 1024;
constexpr std::size_t kNumbersAndNames = 128;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out.append(text.data(), end);
}

void append_seconds(std::string& out, std::chrono::milliseconds time) {
  time = std::max(time, std::chrono::milliseconds(0));
  append_number(out, time.count() / 1000);
  const auto rest = static_cast<int>(time.count() % 1000);
  out += '.';
  out += static_cast<char>('0' + rest / 100);
  out += static_cast<char>('0' + rest / 10 % 10);
  out += static_cast<char>('0' + rest % 10);
}

void append_family(std::string& out, std::string_view name, std::string_view help) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n");
  out.append("# TYPE ").append(name).append(" gauge\n");
}

// The length of the UTF-8 sequence at the front of `text`; 0: there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned char lowest = 0x80;   // of the second byte: neither overlong forms,
  unsigned char highest = 0xBF;  // nor surrogates, nor beyond U+10FFFF
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) lowest = 0xA0;
    if (first == 0xED) highest = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) lowest = 0x90;
    if (first == 0xF4) highest = 0x8F;
  }
  if (length == 0 || text.size() < length || byte(1) < lowest || byte(1) > highest) return 0;
  for (std::size_t index = 2; index < length; ++index) {
    if ((byte(index) & 0xC0) != 0x80) return 0;
  }
  return length;
}

std::string labels_of(const WorkloadKey& key) {
  return "{namespace=\"" + escape_label_value(key.namespace_name) + "\",kind=\"" +
         escape_label_value(key.kind) + "\",workload=\"" + escape_label_value(key.name) + "\"} ";
}

}  // namespace

std::string escape_label_value(std::string_view value) {
  std::string escaped;
  escaped.reserve(value.size());
  while (!value.empty()) {
    const std::size_t length = sequence_length(value);
    if (length == 0) {
      escaped += kReplacement;
    } else if (value.front() == '\n') {
      escaped += "\\n";
    } else {
      if (value.front() == '"' || value.front() == '\\') escaped += '\\';
      escaped += value.substr(0, length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  return escaped;
}

void WorkloadSeries::update(const WorkloadKey& key, int level,
                            std::optional<BootTime> next_update) {
  const MutexLock lock(mutex_);
  const auto [place, added] = places_.try_emplace(key);
  if (added) {
    place->second =
        ordered_
            .emplace(Order{level, &place->first},
                     Series{std::make_shared<const std::string>(labels_of(key)), next_update})
            .first;
    return;
  }
  if (place->second->first.level != level) {
    Series series = std::move(place->second->second);
    ordered_.erase(place->second);
    place->second = ordered_.emplace(Order{level, &place->first}, std::move(series)).first;
  }
  place->second->second.next_update = next_update;
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
  };
  std::vector<Line> lines;
  std::size_t omitted = 0;
  {
    const MutexLock lock(mutex_);
    const std::size_t count = std::min(max_workloads_, ordered_.size());
    omitted = ordered_.size() - count;
    lines.reserve(count);
    for (auto place = ordered_.begin(); lines.size() < count; ++place) {
      lines.push_back({place->second.labels, place->first.level, place->second.next_update});
    }
  }

  // Growing by doubling would copy, and touch new pages for, twice as much as is written.
  std::size_t bytes = kFamilies;
  for (const Line& line : lines) bytes += 2 * line.labels->size() + kNumbersAndNames;
  out.reserve(out.size() + bytes);

  constexpr std::string_view kLevel = "ebbgate_workload_backoff_level";
  append_family(out, kLevel, "Unforgiven updates that a workload has behind it.");
  for (const Line& line : lines) {
    out.append(kLevel).append(*line.labels);
    append_number(out, line.level);
    out += '\n';
  }

  constexpr std::string_view kNextUpdate = "ebbgate_workload_next_update_timestamp_seconds";
  append_family(out, kNextUpdate, "When a workload's pending update may go out, where known.");
  for (const Line& line : lines) {
    if (!line.next_update) continue;
    const auto wait =
        std::chrono::duration_cast<std::chrono::milliseconds>(*line.next_update - now.boot);
    out.append(kNextUpdate).append(*line.labels);
    append_seconds(out, now.wall.time_since_epoch() + wait);
    out += '\n';
  }

  constexpr std::string_view kOmitted = "ebbgate_workload_series_omitted";
  append_family(out, kOmitted, "Workloads left out of the series above by their limit.");
  out.append(kOmitted).append(" ");
  append_number(out, static_cast<std::int64_t>(omitted));
  out += '\n';
}

}  // namespace ebbgate::metrics
