#pragma once

#include <optional>

#include "base/clock.h"
#include "controller/kubernetes/connection.h"

namespace ebbgate::kubernetes {

/// How soon a request that may be repeated is repeated.
struct RetryPolicy {
  Duration first = std::chrono::milliseconds(500);
  Duration longest = std::chrono::seconds(10);
};

/// How long to wait after the `failures`-th failure in a row (1 for the first): doubled each time
/// between `first` and `longest`, half of it random, and never less than `retry_after`.
Duration retry_delay(const RetryPolicy& policy, int failures, std::optional<Duration> retry_after,
                     double random);

/// Whether the answer may be another one later: none came, 429, 408 or 5xx.
bool worth_retrying(const Response& response);

}  // namespace ebbgate::kubernetes
