#include "controller/kubernetes/event_series.h"

#include <algorithm>

#include "base/digest.h"

namespace ebbgate::kubernetes {

namespace {

// Unique for the series, and a valid name whatever the workload's.
std::string object_name(const EventTarget& target, EventReason reason, WallTime first) {
  constexpr std::size_t kLongest = 253;
  constexpr std::size_t kDigits = 16;
  Sha256 digest;
  digest.add_field(target.uid).add_field(name_of(reason));
  digest.add_field(std::to_string(first.time_since_epoch().count()));
  std::string name = target.key.name.substr(0, kLongest - kDigits - 1);
  while (name.ends_with('.') || name.ends_with('-')) name.pop_back();
  return name + "." + digest.finish().hex().substr(0, kDigits);
}

}  // namespace

EventSeries::EventSeries(const EventSeriesLimits& limits, BootTime now)
    : limits_(limits), bucket_(limits.rate, limits.rate.burst, now) {}

void EventSeries::record(Instant now, const EventTarget& target, EventReason reason, EventType type,
                         const std::string& message) {
  end_quiet(now.boot);
  const Key key{target.uid, reason};
  auto found = series_.find(key);
  if (found == series_.end()) found = begin_series(now, key, target);
  Series& series = found->second;
  series.event.type = type;
  series.event.message = message;
  series.event.last = now.wall;
  ++series.event.count;
  series.last_at = now.boot;
  by_age_.splice(by_age_.end(), by_age_, series.age);
  if (series.due) return;
  series.due = std::max(now.boot, series.not_before);
  due_.emplace(*series.due, key);
}

EventSeries::Table::iterator EventSeries::begin_series(Instant now, const Key& key,
                                                       const EventTarget& target) {
  if (series_.size() >= limits_.series) drop_oldest();
  Series series;
  series.event.name = object_name(target, key.second, now.wall);
  series.event.target = target;
  series.event.reason = key.second;
  series.event.first = now.wall;
  series.not_before = now.boot;
  series.spacing = limits_.spacing;
  series.age = by_age_.insert(by_age_.end(), key);
  return series_.emplace(key, std::move(series)).first;
}

std::optional<EventWrite> EventSeries::take(BootTime now) {
  end_quiet(now);
  if (due_.empty() || due_.begin()->first > now || !bucket_.take(now)) return std::nullopt;
  Series& series = series_.at(due_.begin()->second);
  due_.erase(due_.begin());
  EventWrite write = series.event;
  series.event.create = false;
  series.due.reset();
  series.not_before = now + series.spacing;
  series.spacing = std::min(2 * series.spacing, limits_.longest_spacing);
  return write;
}

std::optional<BootTime> EventSeries::next(BootTime now) const {
  if (due_.empty()) return std::nullopt;
  const std::optional<BootTime> token = bucket_.next(now);
  if (!token) return std::nullopt;
  return std::max(due_.begin()->first, *token);
}

void EventSeries::end_quiet(BootTime now) {
  // One whose last write waits for the rate goes on until that is done, and so do those behind it.
  while (!by_age_.empty()) {
    const auto oldest = series_.find(by_age_.front());
    if (oldest->second.due || oldest->second.last_at + limits_.quiet > now) return;
    by_age_.pop_front();
    series_.erase(oldest);
  }
}

void EventSeries::drop_oldest() {
  const auto oldest = series_.find(by_age_.front());
  if (oldest->second.due) {
    due_.erase({*oldest->second.due, oldest->first});
    ++dropped_;
  }
  by_age_.pop_front();
  series_.erase(oldest);
}

}  // namespace ebbgate::kubernetes
