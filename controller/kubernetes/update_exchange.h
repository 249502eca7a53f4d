#pragma once

#include <functional>
#include <optional>

#include "base/clock.h"
#include "controller/kubernetes/connection.h"
#include "controller/kubernetes/parser.h"
#include "controller/kubernetes/shared_model.h"
#include "controller/provider.h"

namespace ebbgate::kubernetes {

/// One update: sends the one PATCH that it is, finds out what became of it, and tells (semantics,
/// sections 1 and 4). Blocks as long as the API server takes.
class UpdateExchange final {
 public:
  struct Parts {
    SharedModel& model;
    ProviderListener& listener;
    const Clock& clock;
    /// How much of the lease is left; any thread.
    std::function<Duration()> lease_left;
    /// How long the watch may be behind a read.
    Duration watch_patience = std::chrono::seconds(2);
  };

  /// What it works with; used for nothing else meanwhile.
  struct Tools {
    Connection& connection;
    Parser& parser;
  };

  /// What is handed in must outlive it.
  explicit UpdateExchange(Parts parts) : parts_(std::move(parts)) {}

  /// The listener has its answer when this returns. Any number of threads.
  void run(const Attempt& attempt, const Digest& fingerprint, const Tools& tools) const;

 private:
  void settle(const Attempt& attempt, const PreparedUpdate& update, const Response& response,
              const Tools& tools) const;
  /// A 422: somebody wrote to the workload since it was last seen.
  void conflict(const Attempt& attempt, const PreparedUpdate& update, const Response& response,
                const Tools& tools) const;
  /// Whether it took effect cannot be told by the answer: the workload is read.
  void resolve(const Attempt& attempt, const PreparedUpdate& update, const Response& response,
               const Tools& tools) const;
  /// Whether the update is seen on the workload, by the watch or in `fresh`.
  bool took_effect(const PreparedUpdate& update, const std::optional<WorkloadObject>& fresh) const;
  void applied(const Attempt& attempt, std::string detail, std::optional<WorkloadObject> updated,
               Source source) const;
  void not_sent(const Attempt& attempt, FailureCause cause, const std::string& why) const;
  void answer(const Attempt& attempt, const Answer& answer, Ended ended) const;

  const Parts parts_;
};

}  // namespace ebbgate::kubernetes
