#pragma once

#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "metrics/feedback.h"
#include "metrics/http.h"

namespace ebbgate::metrics {

/// The routes of feedback: what is said of peers, and messages for them. Any thread.
class FeedbackApi final {
 public:
  /// Both must outlive this.
  FeedbackApi(FeedbackSource& source, const Clock& clock)
      : source_(source), clock_(clock), anchor_(clock.now()) {}

  /// Whether the request's path is one of these routes.
  static bool serves(const Request& request);
  Reply answer(const Request& request) EBBGATE_EXCLUDES(mutex_);

 private:
  Reply list(const Request& request) EBBGATE_EXCLUDES(mutex_);
  Reply take(const Request& request);
  Reply no_peer(const std::string& peer);

  FeedbackSource& source_;
  const Clock& clock_;
  Mutex mutex_;
  WallAnchor anchor_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate::metrics
