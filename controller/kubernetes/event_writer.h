#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/kubernetes/connection.h"
#include "controller/kubernetes/event_series.h"

namespace ebbgate::kubernetes {

/// Writes what EventSeries gathers, one request at a time, with retries. What cannot be written for
/// two minutes is dropped, and so is what the server refuses; a 403 is told once for a namespace.
class EventWriter final {
 public:
  struct Callbacks {
    std::function<void(const std::string& line)> warn;      ///< for people
    std::function<void(std::uint64_t count)> dropped = {};  ///< Events that nobody will see
  };

  /// The connection must outlive it. `callbacks` are called by turn(), and must not block.
  EventWriter(Connection& connection, Callbacks callbacks, const EventSeriesLimits& limits,
              BootTime now);

  /// Any thread; never blocks for longer than a look-up.
  void record(Instant now, const EventTarget& target, EventReason reason, EventType type,
              const std::string& message) EBBGATE_EXCLUDES(mutex_);
  /// Sends at most one request, and waits for its answer. Returns when it is to be called again;
  /// nothing: after the next record(). One thread.
  std::optional<BootTime> turn(const Clock& clock) EBBGATE_EXCLUDES(mutex_);

 private:
  // A write until it is done or dropped.
  struct Job {
    EventWrite write;
    BootTime begun;
    BootTime next_try;
    int failures = 0;
  };

  void take_job(BootTime now) EBBGATE_EXCLUDES(mutex_);
  void send(const Clock& clock);
  void fail(const Response& response, BootTime now);
  void drop();

  Connection& connection_;
  const Callbacks callbacks_;
  Mutex mutex_;
  EventSeries series_ EBBGATE_GUARDED_BY(mutex_);
  // Of the thread that calls turn().
  std::optional<Job> job_;
  std::uint64_t told_dropped_ = 0;   // of the series
  std::set<std::string> forbidden_;  // namespaces that were told
};

}  // namespace ebbgate::kubernetes
