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

std::optional<StatusNews::Cursor> StatusNews::cursor_of(const std::string& since) const {
  if (since == "0") return Cursor{0, now_};
  if (!since.starts_with(prefix_)) return std::nullopt;
  std::string_view text = std::string_view(since).substr(prefix_.size());
  Cursor cursor;
  for (std::uint64_t* moment : {&cursor.until, &cursor.begun}) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *moment);
    if (error != std::errc() || *moment > now_) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return cursor;
    if (!text.starts_with('-')) return std::nullopt;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

std::optional<StatusNews::News> StatusNews::after(const std::string& since,
                                                  std::size_t limit) const {
  const auto cursor = cursor_of(since);
  // Of what was gone before he began, he was told nothing.
  if (!cursor || std::max(cursor->until, cursor->begun) < dropped_) return std::nullopt;

  std::vector<governor::Handle> found;
  for (governor::Handle handle = 0; handle < touched_at_.size(); ++handle) {
    if (touched_at_[handle] > cursor->until) found.push_back(handle);
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
    const bool may_know = gone.at > std::max(cursor->until, cursor->begun);
    if (may_know && gone.at <= until) news.gone.push_back(gone.key);
  }
  news.since = prefix_ + std::to_string(until);
  if (news.more) news.since += "-" + std::to_string(cursor->begun);
  return news;
}

}  // namespace ebbgate
