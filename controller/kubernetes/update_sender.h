#pragma once

#include "controller/kubernetes/update_exchange.h"
#include "controller/kubernetes/worker_pool.h"

namespace ebbgate::kubernetes {

/// Sends updates, some at a time. Their answers come in the order in which the model hears of them.
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

  /// As WorkerPool::start().
  void start() { pool_.start(); }
  /// Any thread; never blocks.
  void send(const Attempt& attempt, const Digest& fingerprint);
  /// Every answer has come when this returns.
  void stop(Duration patience) { pool_.stop(patience); }

 private:
  ProviderListener& listener_;
  const UpdateExchange exchange_;
  WorkerPool pool_;
};

}  // namespace ebbgate::kubernetes
