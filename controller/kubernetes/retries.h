#pragma once

#include <functional>

#include "base/clock.h"
#include "controller/kubernetes/connection.h"

namespace ebbgate::kubernetes {

/// How often and how long a request that may be repeated is repeated.
struct RetryPolicy {
  Duration first = std::chrono::milliseconds(500);
  Duration longest = std::chrono::seconds(10);
  Duration total = std::chrono::minutes(1);  ///< no attempt begins after this
};

/// How long to wait after the `failures`-th failure in a row (1 for the first): doubled each time
/// between `first` and `longest`, half of it random, and never less than `retry_after`.
Duration retry_delay(const RetryPolicy& policy, int failures, std::optional<Duration> retry_after,
                     double random);

/// Whether the answer may be another one later: none came, 429, 408 or 5xx.
bool worth_retrying(const Response& response);

/// Sends a read, a Lease or an event, and again while that is worth it: never for the update of a
/// workload, which may have arrived. `wait` sleeps that long, and tells false to end at once;
/// `random` gives numbers in [0, 1). Returns the last answer. Each attempt's deadline is cut to
/// what is left of the total.
Response send_with_retries(Connection& connection, Request request, const RetryPolicy& policy,
                           const std::function<double()>& random,
                           const std::function<bool(Duration)>& wait);

}  // namespace ebbgate::kubernetes
