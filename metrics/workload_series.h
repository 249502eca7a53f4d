#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/workload_key.h"

namespace ebbgate::metrics {

/// Whether a workload's backoff can climb further.
enum class Climb : bool { possible, ended };

/// The series of single workloads: `ebbgate_workload_backoff_level`,
/// `ebbgate_workload_next_update_timestamp_seconds`, `ebbgate_workload_at_highest_level`, and how
/// many workloads were left out of them.
///
/// The loop's thread touches what changes; scrapes on other threads copy under a short lock and
/// write outside of it.
class WorkloadSeries final {
 public:
  /// At most `max_workloads` are written: the highest levels first, then by key.
  explicit WorkloadSeries(std::size_t max_workloads) : max_workloads_(max_workloads) {}

  /// The workload has a level or a pending update. `next_update`: absent when not known, or nothing
  /// is pending.
  void update(const WorkloadKey& key, int level, std::optional<BootTime> next_update,
              Climb climb = Climb::possible) EBBGATE_EXCLUDES(mutex_);
  /// The workload has neither, or is gone.
  void erase(const WorkloadKey& key) EBBGATE_EXCLUDES(mutex_);
  void set_max_workloads(std::size_t max_workloads) EBBGATE_EXCLUDES(mutex_);

  /// Appends the families in the text format. Wall times are worked out from `now`.
  void write(std::string& out, const Instant& now) const EBBGATE_EXCLUDES(mutex_);

 private:
  struct Order {
    int level;
    const WorkloadKey* key;  // of places_, whose keys stay where they are
    bool operator<(const Order& other) const {
      return level != other.level ? level > other.level : *key < *other.key;
    }
  };
  struct Series {
    std::shared_ptr<const std::string> labels;  // `{namespace="…",…}`, shared with scrapes
    std::optional<BootTime> next_update;
    Climb climb;
  };
  using Ordered = std::map<Order, Series>;

  mutable Mutex mutex_;
  std::size_t max_workloads_ EBBGATE_GUARDED_BY(mutex_);
  std::unordered_map<WorkloadKey, Ordered::iterator> places_ EBBGATE_GUARDED_BY(mutex_);
  Ordered ordered_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate::metrics
