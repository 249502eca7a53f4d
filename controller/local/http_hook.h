#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/provider.h"
#include "controller/settings.h"

#include "net/waiter.h"

namespace ebbgate::local {

/// One HTTP request: applied for 2xx, refused where no connection came about, unknown otherwise.
/// Redirects are not followed, certificates are verified, the answer's body is read (within a
/// bound) and dropped, but for the beginning that explains a failure.
class HttpHook final {
 public:
  /// How much of a body is read; a 2xx with a longer one is applied all the same.
  static constexpr std::size_t kMaxBody = std::size_t{1024} * 1024;
  /// How much of the body of a failure is told.
  static constexpr std::size_t kToldBody = 400;

  /// Throws std::system_error where no descriptor is to be had.
  HttpHook(const HttpRequest& request, Duration timeout);

  /// Sends the request and blocks until it is answered, at most for the time-out, which begins
  /// here. Called once.
  Answer perform();
  /// Any thread: perform() ends at once, for this reason, if it has not ended yet.
  void cut(FailureCause cause, const std::string& reason) EBBGATE_EXCLUDES(mutex_);

 private:
  struct Cut {
    FailureCause cause = FailureCause::interrupted;
    std::string reason;
  };

  Cut time_out() const;
  Cut why_cut() EBBGATE_EXCLUDES(mutex_);

  const HttpRequest request_;
  const Duration timeout_;
  net::Waiter waiter_;

  Mutex mutex_;
  std::optional<Cut> cut_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate::local
