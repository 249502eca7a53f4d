#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "controller/log.h"
#include "controller/observer.h"
#include "metrics/catalogue.h"
#include "metrics/workload_series.h"

namespace ebbgate {

/// Tells the log and the metrics what the controller does: one line for each decision that matters,
/// so that a storm makes a handful of lines for each wait and none for each change.
class Reporter final : public Observer {
 public:
  /// All must outlive it.
  Reporter(Log& log, metrics::Catalogue& catalogue, metrics::WorkloadSeries& series);

  void decided(Instant now, const governor::Decision& decision, const governor::Workload& workload,
               const std::string& detail) override;
  void turned(Instant now, const governor::Governor& governor,
              const std::vector<governor::Handle>& touched) override;
  void degraded(bool is_degraded, const std::string& why) override;

  /// Brings up to date what moves on by itself between turns: the budget's tokens, and the lines
  /// that the log lost. Any thread.
  void refresh(BootTime now) EBBGATE_EXCLUDES(mutex_);

 private:
  void log_answer(Instant now, const governor::Decision& decision, const std::string& workload,
                  const std::string& detail);
  void publish(const governor::Totals& totals);

  Log& log_;
  metrics::Catalogue& catalogue_;
  metrics::WorkloadSeries& series_;
  governor::Totals published_;
  Mutex mutex_;
  std::optional<governor::TokenBucket> bucket_ EBBGATE_GUARDED_BY(mutex_);  // as of the last turn
  std::uint64_t log_lines_dropped_ EBBGATE_GUARDED_BY(mutex_) = 0;          // told to the metric
};

}  // namespace ebbgate
