#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "metrics/catalogue.h"

namespace ebbgate::metrics {

/// Why the watch of a cluster's resource had to begin anew; and that of files.
inline constexpr std::array<std::string_view, 5> kWatchRestartLabels{"expired", "silent", "broken",
                                                                     "resync", "forbidden"};
inline constexpr std::array<std::string_view, 1> kFileWatchRestartLabels{"overflow"};

/// How well a provider hears of what it watches. Any thread.
class WatchMetrics final {
 public:
  /// Counts restarts of `resources` from 0 on; all else that is told counts as `other`. The
  /// catalogue must outlive it, and must have no other one.
  WatchMetrics(Catalogue& catalogue, std::span<const std::string_view> resources,
               std::span<const std::string_view> reasons);
  WatchMetrics(const WatchMetrics&) = delete;
  WatchMetrics& operator=(const WatchMetrics&) = delete;

  /// Something came in at `time`. The timestamp is absent until then.
  void heard(const std::string& resource, WallTime time) EBBGATE_EXCLUDES(mutex_);
  void restarted(const std::string& resource, const std::string& reason, double times = 1)
      EBBGATE_EXCLUDES(mutex_);

 private:
  using ResourceAndReason = std::pair<std::string, std::string>;

  prometheus::Family<prometheus::Gauge>& last_event_family_;
  prometheus::Family<prometheus::Counter>& restarts_family_;
  Mutex mutex_;
  // Null until something came.
  std::map<std::string, prometheus::Gauge*, std::less<>> last_event_ EBBGATE_GUARDED_BY(mutex_);
  std::map<ResourceAndReason, prometheus::Counter*> restarts_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate::metrics
