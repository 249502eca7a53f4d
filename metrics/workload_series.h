#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/workload_key.h"

namespace ebbgate::metrics {

/// Whether a workload's backoff can climb further.
enum class Climb : bool { possible, ended };

/// Whether a workload's last attempt failed and is to be made again.
enum class Health : bool { fine, failing };

/// The series of single workloads: `ebbgate_workload_backoff_level`,
/// `ebbgate_workload_next_update_timestamp_seconds`, `ebbgate_workload_at_highest_level`,
/// `ebbgate_workload_failing`, `ebbgate_workload_failure_cause`, and how many workloads were left
/// out of them.
///
/// The loop's thread touches what changes; scrapes on other threads copy under a short lock and
/// write outside of it.
class WorkloadSeries final {
 public:
  /// At most `max_workloads` are written: failing ones first, then the highest levels,
  /// then by key.
  explicit WorkloadSeries(std::size_t max_workloads) : max_workloads_(max_workloads) {}

  /// The workload has a level or a pending update. `next_update`: absent when not known, or nothing
  /// is pending. `cause`: why it fails, as a label has it, where that is known; it must live as
  /// long as this.
  void update(const WorkloadKey& key, int level, std::optional<BootTime> next_update,
              Climb climb = Climb::possible, Health health = Health::fine,
              std::string_view cause = {}) EBBGATE_EXCLUDES(mutex_);
  /// The workload has neither, or is gone.
  void erase(const WorkloadKey& key) EBBGATE_EXCLUDES(mutex_);
  void set_max_workloads(std::size_t max_workloads) EBBGATE_EXCLUDES(mutex_);

  /// Appends the families in the text format. Wall times are worked out from `now`.
  void write(std::string& out, const Instant& now) const EBBGATE_EXCLUDES(mutex_);

 private:
  /// Flat, so that a scrape's copy under the lock is a few large ones, and what it writes from lies
  /// together in memory.
  struct Entry {
    std::size_t labels;    // where they begin in labels_: `{namespace="…",…} `
    std::uint32_t length;  // of them
    std::int16_t level;
    Climb climb;
    Health health;
    std::string_view cause;
    bool has_next;
    BootTime next_update;    // if has_next
    const WorkloadKey* key;  // of places_, whose keys stay where they are
  };

  void drop_labels(const Entry& entry) EBBGATE_REQUIRES(mutex_);
  static void keep_worst(std::vector<Entry>& entries, const std::string& labels, std::size_t count);

  mutable Mutex mutex_;
  std::size_t max_workloads_ EBBGATE_GUARDED_BY(mutex_);
  std::unordered_map<WorkloadKey, std::size_t> places_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<Entry> entries_ EBBGATE_GUARDED_BY(mutex_);
  std::string labels_ EBBGATE_GUARDED_BY(mutex_);
  std::size_t unused_ EBBGATE_GUARDED_BY(mutex_) = 0;  // bytes of labels_ that belong to nobody
};

}  // namespace ebbgate::metrics
