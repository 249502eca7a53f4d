#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "base/clock.h"

namespace ebbgate::metrics {

/// Every gate, as labels write it.
inline constexpr std::array<std::string_view, 8> kGateLabels{
    "settle", "backoff", "health", "budget", "unfinished", "hold", "missing", "retry"};
inline constexpr std::array<std::string_view, 3> kOutcomeLabels{"applied", "refused", "unknown"};
/// Why what a store holds is not all that was ever stored.
inline constexpr std::array<std::string_view, 7> kRecoveryLabels{
    "missing", "empty", "corrupt", "wal", "lock", "marked", "restored"};

struct BuildInfo final {
  std::string version;
  std::string revision;
};

/// Every metric of Ebbgate but those of single workloads (WorkloadSeries), of the process
/// (collect_process_metrics) and of what only some providers do (WatchMetrics, ApiServerMetrics,
/// which are registered here), created at 0 with every label value, and the handles to set them.
///
/// Setting is safe from any thread and never blocks for longer than a scrape's copy of one family;
/// scrapes read from others at any time. A label value that does not exist aborts.
class Catalogue final {
 public:
  /// `highest_level` is that of the global policy; higher ones of overrides are added when seen.
  Catalogue(const BuildInfo& build, int highest_level);
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;
  ~Catalogue();

  const prometheus::Registry& registry() const { return *registry_; }
  prometheus::Registry& registry() { return *registry_; }

  /// Sets the number of workloads at a level (0 to 64). One thread at a time.
  void set_workloads(int level, double count);
  /// `gate` is not settle.
  prometheus::Counter& suppressed(std::string_view gate);
  prometheus::Counter& updates(std::string_view outcome);
  prometheus::Gauge& pending(std::string_view gate);
  prometheus::Counter& store_recoveries(std::string_view reason);
  /// Since when the oldest pending update waits (hold and missing excepted); absent: none does.
  /// One thread at a time.
  void set_pending_oldest(std::optional<WallTime> since);

 private:
  // Before the handles below: they refer into it.
  std::unique_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Gauge>* workloads_family_;
  prometheus::Family<prometheus::Gauge>* pending_oldest_family_;
  std::vector<prometheus::Gauge*> workloads_;
  std::map<std::string_view, prometheus::Counter*> suppressed_;
  std::map<std::string_view, prometheus::Counter*> updates_;
  std::map<std::string_view, prometheus::Gauge*> pending_;
  std::map<std::string_view, prometheus::Counter*> store_recoveries_;
  prometheus::Gauge* pending_oldest_ = nullptr;

 public:
  prometheus::Counter& changes;
  prometheus::Counter& coalesced;
  prometheus::Histogram& update_delay;     ///< seconds from the first unsent change to sending
  prometheus::Histogram& update_duration;  ///< seconds from sending to the answer
  prometheus::Gauge& rollouts_unfinished;
  prometheus::Counter& rollouts_timed_out;
  prometheus::Gauge& workloads_failing;
  prometheus::Gauge& rollouts_failed;
  prometheus::Gauge& budget_tokens;  ///< +Inf: unlimited
  prometheus::Gauge& budget_burst_tokens;
  prometheus::Gauge& workloads_at_highest_level;
  prometheus::Histogram& loop_turn_duration;     ///< seconds
  prometheus::Histogram& store_commit_duration;  ///< seconds
  prometheus::Gauge& store_degraded;             ///< 0 or 1
  prometheus::Gauge& store_size;                 ///< bytes of database and WAL
  prometheus::Counter& log_lines_dropped;
  prometheus::Gauge& leader;                         ///< 0 or 1; always 1 without leader election
  prometheus::Gauge& config_last_reload_successful;  ///< 0 or 1
};

}  // namespace ebbgate::metrics
