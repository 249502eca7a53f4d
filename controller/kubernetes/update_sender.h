#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "controller/kubernetes/shared_model.h"
#include "controller/kubernetes/worker_pool.h"
#include "controller/provider.h"

namespace ebbgate::kubernetes {

/// Sends the one PATCH that is an update, and finds out what became of it (semantics, sections 1
/// and 4). Its answers come in the order in which the model hears of them.
class UpdateSender final {
 public:
  struct Parts {
    SharedModel& model;
    Connector& connector;
    ProviderListener& listener;
    const Clock& clock;
    /// How much of the lease is left; any thread.
    std::function<Duration()> lease_left;
  };

  /// What is handed in must outlive stop().
  explicit UpdateSender(const Parts& parts);

  /// Any thread; never blocks.
  void send(const Attempt& attempt, const Digest& fingerprint);
  /// Every answer has come when this returns.
  void stop(Duration patience) { pool_.stop(patience); }

 private:
  void patch(const Attempt& attempt, const Digest& fingerprint, const WorkerPool::Tools& tools);
  void settle(const Attempt& attempt, const PreparedUpdate& update, const Response& response,
              const WorkerPool::Tools& tools);
  /// A 422: somebody wrote to the workload since it was last seen.
  Answer conflict(const PreparedUpdate& update, const Response& response,
                  const WorkerPool::Tools& tools);
  /// Whether it took effect cannot be told by the answer: the workload is read.
  void resolve(const Attempt& attempt, const PreparedUpdate& update, const Response& response,
               const WorkerPool::Tools& tools);
  static std::optional<WorkloadObject> read(const PreparedUpdate& update,
                                            const WorkerPool::Tools& tools);
  void answer(const Attempt& attempt, const Answer& answer, Ended ended,
              std::optional<WorkloadObject> updated = std::nullopt);

  const Parts parts_;
  WorkerPool pool_;
};

}  // namespace ebbgate::kubernetes
