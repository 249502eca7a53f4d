#pragma once

#include <optional>
#include <random>
#include <string>

#include "base/mutex.h"
#include "controller/feedback/feedback_service.h"
#include "controller/feedback/outcome_reporter.h"
#include "controller/log.h"
#include "controller/settings.h"
#include "storage/store_thread.h"

namespace ebbgate {

/// Feedback in a process: its way to the disk and the log, and Ebbgate's own outcomes as messages.
class FeedbackRuntime final : private feedback::FeedbackStore {
 public:
  /// All must outlive it.
  FeedbackRuntime(Log& log, const Clock& clock, storage::StoreThread& store);
  FeedbackRuntime(const FeedbackRuntime&) = delete;
  FeedbackRuntime& operator=(const FeedbackRuntime&) = delete;

  /// Takes out of `loaded` what was stored, and begins. Once. Nothing, or why it cannot.
  [[nodiscard]] std::optional<std::string> start(storage::Loaded& loaded, const Settings& settings);
  /// Nothing; or leaves all as it is and returns why.
  [[nodiscard]] std::optional<std::string> reconfigure(const Settings& settings) {
    return service_.configure(settings.feedback);
  }
  /// Hands to the store what was not delivered; before that is closed.
  void stop() { service_.stop(); }

  metrics::FeedbackSource& source() { return service_; }
  Observer& outcomes() { return outcomes_; }

 private:
  void submit(storage::Batch batch) override { store_.submit(std::move(batch)); }
  bool commit(storage::Batch batch) override;
  double random() EBBGATE_EXCLUDES(mutex_);

  Log& log_;
  storage::StoreThread& store_;
  Mutex mutex_;
  std::mt19937_64 random_ EBBGATE_GUARDED_BY(mutex_);
  feedback::FeedbackService service_;
  feedback::OutcomeReporter outcomes_;
};

}  // namespace ebbgate
