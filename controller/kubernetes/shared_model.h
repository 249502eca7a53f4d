#pragma once

#include <functional>
#include <utility>

#include "base/mutex.h"
#include "controller/kubernetes/cluster_model.h"

namespace ebbgate::kubernetes {

/// The model, for several threads: whoever reads from the API server tells it at once, so that a
/// change takes no way round through another thread. What it needs done is handed on after each
/// use.
class SharedModel final {
 public:
  /// `on_errands` is called from any thread, without the lock, only when there are some.
  SharedModel(const ModelSettings& settings, ProviderListener& listener,
              std::function<void(Errands)> on_errands)
      : model_(settings, listener), on_errands_(std::move(on_errands)) {}

  /// Calls `use` with the model while nobody else has it. `use` must not block.
  template <class Use>
  auto use(const Use& use) EBBGATE_EXCLUDES(mutex_) {
    Errands errands;
    // The lock is not held while errands are handed on, whatever `use` returns.
    const HandOn hand_on{on_errands_, errands};
    const MutexLock lock(mutex_);
    const TakeErrands take{model_, errands};
    used_.notify_all();
    return use(model_);
  }

  /// Waits until `condition` holds after some use, at most for `patience`.
  template <class Predicate>
  bool wait(Duration patience, const Predicate& condition) EBBGATE_EXCLUDES(mutex_) {
    const BootTime deadline = BootClock::now() + patience;
    const MutexLock lock(mutex_);
    while (!condition(model_)) {
      const Duration left = deadline - BootClock::now();
      if (left <= Duration::zero()) return false;
      used_.wait_for(mutex_, left);
    }
    return true;
  }

 private:
  struct HandOn {
    const std::function<void(Errands)>& to;
    Errands& errands;
    ~HandOn() {
      const bool none = errands.fetch.empty() && errands.records.empty() &&
                        errands.wave_checks.empty() && errands.notices.empty();
      if (!none) to(std::move(errands));
    }
  };
  struct TakeErrands {
    ClusterModel& model;
    Errands& errands;
    ~TakeErrands() { errands = model.take_errands(); }
  };

  Mutex mutex_;
  Condition used_;
  ClusterModel model_ EBBGATE_GUARDED_BY(mutex_);
  const std::function<void(Errands)> on_errands_;
};

}  // namespace ebbgate::kubernetes
