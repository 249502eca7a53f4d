#include "controller/kubernetes/retries.h"

#include <algorithm>

namespace ebbgate::kubernetes {

Duration retry_delay(const RetryPolicy& policy, int failures, std::optional<Duration> retry_after,
                     double random) {
  Duration delay = policy.first;
  for (int i = 1; i < failures && delay < policy.longest; ++i) delay *= 2;
  delay = std::min(delay, policy.longest);
  const auto half = static_cast<double>((delay / 2).count());
  const Duration jittered = delay / 2 + Duration(static_cast<Duration::rep>(half * random));
  return std::max(jittered, retry_after.value_or(Duration::zero()));
}

bool worth_retrying(const Response& response) {
  if (response.result != Response::Result::answered) return true;
  return response.status == 408 || response.status == 429 || response.status >= 500;
}

}  // namespace ebbgate::kubernetes
