#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "controller/governor/token_bucket.h"
#include "controller/kubernetes/event.h"

namespace ebbgate::kubernetes {

struct EventSeriesLimits final {
  Duration quiet = std::chrono::minutes(10);  ///< after so long without any a series ends
  /// The time between its first two writes; it doubles with each further one.
  Duration spacing = std::chrono::minutes(1);
  Duration longest_spacing = std::chrono::minutes(8);  ///< less than `quiet`
  std::size_t series = 5000;                           ///< kept at once; the oldest go
  governor::BudgetSettings rate{10, 50};               ///< of all writes together
};

/// An Event object as it is to be written now.
struct EventWrite {
  bool create = true;  ///< or only its count, time and message are raised
  std::string name;    ///< of the object
  EventTarget target;
  EventReason reason = EventReason::updated;
  EventType type = EventType::normal;
  std::string message;  ///< the newest
  WallTime first;
  WallTime last;
  std::uint64_t count = 0;
};

/// Gathers what is told again and again into one Event object for each workload and reason, so that
/// a storm makes a handful of writes: the first at once, then ever more seldom. A pure state
/// machine; one thread at a time.
class EventSeries final {
 public:
  EventSeries(const EventSeriesLimits& limits, BootTime now);

  void record(Instant now, const EventTarget& target, EventReason reason, EventType type,
              const std::string& message);
  /// The next write that is due and that the rate allows; it counts as written.
  std::optional<EventWrite> take(BootTime now);
  /// When take() has something; nothing: only after a record().
  std::optional<BootTime> next(BootTime now) const;
  /// Writes that were never taken, because there were too many series.
  std::uint64_t dropped() const { return dropped_; }

 private:
  using Key = std::pair<std::string, EventReason>;  // by the workload's uid
  struct Series {
    EventWrite event;
    BootTime last_at;
    std::optional<BootTime> due;  // while there is something to write
    BootTime not_before;          // of the next write
    Duration spacing{};
    std::list<Key>::iterator age;
  };
  using Table = std::map<Key, Series>;

  Table::iterator begin_series(Instant now, const Key& key, const EventTarget& target);
  void end_quiet(BootTime now);
  void drop_oldest();

  const EventSeriesLimits limits_;
  governor::TokenBucket bucket_;
  Table series_;
  std::list<Key> by_age_;  // the longest quiet one first
  std::set<std::pair<BootTime, Key>> due_;
  std::uint64_t dropped_ = 0;
};

}  // namespace ebbgate::kubernetes
