#pragma once

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "controller/controller.h"
#include "controller/loop.h"
#include "controller/provider_runtime.h"
#include "controller/status_news.h"
#include "controller/status_overview.h"
#include "metrics/status.h"
#include "storage/records.h"

namespace ebbgate {

/// A workload as people are told of it. `with_references`: its references too.
metrics::WorkloadStatus workload_status(const Controller& controller, governor::Handle handle,
                                        bool with_references);

/// Answers the HTTP side from the loop's own state, by asking the loop.
class StatusService final : public metrics::StatusSource {
 public:
  /// Asks the store for history; may throw nothing and must not block.
  using History = std::function<std::future<std::optional<std::vector<storage::HistoryRow>>>(
      const std::optional<WorkloadKey>&, std::size_t)>;

  /// All must outlive it. `started`: when the process began, for people. `problems`: what somebody
  /// should mend, beside what the provider says; from any thread.
  struct Parts {
    Loop& loop;
    ProviderRuntime& provider;
    const StatusOverview& overview;
    const StatusNews& news;  ///< looked at on the loop's thread only
    WallTime started;
    std::function<std::vector<std::string>()> problems;
    std::function<std::string()> admin_socket;  ///< where `release` goes; empty: nowhere
    std::function<std::string()> loss;          ///< as StateLoss::told() has it now
  };

  StatusService(const Parts& parts, History history)
      : parts_(parts), history_(std::move(history)) {}

  std::optional<std::vector<metrics::WorkloadStatus>> workloads(
      const metrics::WorkloadQuery& query) override;
  std::optional<std::optional<metrics::WorkloadNews>> news(const std::string& since,
                                                           std::size_t limit) override;
  std::optional<std::optional<metrics::WorkloadStatus>> workload(const WorkloadKey& key) override;
  std::optional<std::vector<metrics::HistoryStatus>> history(const std::optional<WorkloadKey>& key,
                                                             std::size_t limit) override;
  std::optional<bool> release(const WorkloadKey& key) override;
  metrics::ProcessStatus process() override;
  bool healthy() override;
  std::vector<std::string> not_ready() override;

 private:
  const Parts parts_;
  History history_;
};

}  // namespace ebbgate
