#include "controller/status_news.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace ebbgate {

void StatusNews::turned(Instant /*now*/, const governor::Governor& governor,
                        const std::vector<governor::Handle>& touched) {
  for (const governor::Handle handle : touched) {
    const governor::Workload& workload = governor.workload(handle);
    if (handle >= touched_at_.size()) touched_at_.resize(handle + 1);
    const auto current = governor.find(workload.key);
    if (current == handle && !workload.gone) {
      touched_at_[handle] = ++now_;
      continue;
    }
    const bool was_there = std::exchange(touched_at_[handle], 0) != 0;
    const bool there_again = current && *current != handle;
    if (was_there && !there_again) keep_gone(workload.key);
  }
}

void StatusNews::keep_gone(const WorkloadKey& key) {
  gone_.push_back({++now_, key});
  if (gone_.size() <= kGoneKept) return;
  dropped_ = gone_.front().at;
  gone_.pop_front();
}

std::optional<std::uint64_t> StatusNews::moment_of(const std::string& since) const {
  if (!since.starts_with(prefix_)) return std::nullopt;
  const std::string_view digits = std::string_view(since).substr(prefix_.size());
  std::uint64_t moment = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), moment);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (moment > now_) return std::nullopt;
  return moment;
}

std::optional<StatusNews::News> StatusNews::after(const std::string& since,
                                                  std::size_t limit) const {
  const bool from_the_start = since == "0";
  const auto moment = from_the_start ? 0 : moment_of(since);
  if (!moment || (!from_the_start && *moment < dropped_)) return std::nullopt;

  std::vector<governor::Handle> found;
  for (governor::Handle handle = 0; handle < touched_at_.size(); ++handle) {
    if (touched_at_[handle] > *moment) found.push_back(handle);
  }
  const auto earlier = [this](governor::Handle left, governor::Handle right) {
    return touched_at_[left] < touched_at_[right];
  };
  News news;
  std::uint64_t until = now_;
  if (found.size() > limit) {
    const auto end = found.begin() + static_cast<std::ptrdiff_t>(limit);
    std::nth_element(found.begin(), end, found.end(), earlier);
    found.erase(end, found.end());
    news.more = true;
  }
  std::sort(found.begin(), found.end(), earlier);
  if (news.more) until = touched_at_[found.back()];
  news.touched = std::move(found);
  for (const Gone& gone : gone_) {
    if (!from_the_start && gone.at > *moment && gone.at <= until) news.gone.push_back(gone.key);
  }
  news.since = prefix_ + std::to_string(until);
  return news;
}

}  // namespace ebbgate
