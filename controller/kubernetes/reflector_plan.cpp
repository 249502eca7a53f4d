#include "controller/kubernetes/reflector_plan.h"

#include <algorithm>

#include "controller/kubernetes/retries.h"

namespace ebbgate::kubernetes {
namespace {

// A watch that lasted so long has proved that things work; one that a server (or a proxy) ends at
// once, again and again, must not make a loop without a pause.
constexpr Duration kProof = std::chrono::seconds(5);

// An API server that has just started forbids everything until it has read its roles.
constexpr int kDoubts = 4;

std::string_view reason_of(ReadingEnd end) {
  switch (end) {
    case ReadingEnd::whole:
      return "";
    case ReadingEnd::resync:
      return "resync";
    case ReadingEnd::expired:
      return "expired";
    case ReadingEnd::silent:
      return "silent";
    case ReadingEnd::forbidden:
      return "forbidden";
    case ReadingEnd::broken:
    case ReadingEnd::refused:
    case ReadingEnd::misunderstood:
      return "broken";
  }
  return "broken";
}

}  // namespace

ReflectorPlan::Next ReflectorPlan::after(ReadingEnd end, bool watching, Duration lasted,
                                         std::optional<Duration> retry_after, double random) {
  if (watching && lasted >= std::min(kProof, options_.silence))
    failures_ = doubts_ = forbidden_ = 0;
  Next next;
  if (watching) next.restarted = reason_of(end);
  switch (end) {
    case ReadingEnd::whole:
      next.list = false;
      if (watching && lasted < kProof) next.wait = growing_wait(retry_after, random);
      break;
    case ReadingEnd::resync:
      break;
    case ReadingEnd::expired:
      // Once in a while that is nothing unusual, and the list is wanted at once.
      if (failures_ > 0) {
        next.wait = growing_wait(retry_after, random);
      } else {
        failures_ = 1;
      }
      break;
    case ReadingEnd::silent:
      next.list = false;
      break;
    case ReadingEnd::broken:
      next.list = !watching;
      next.wait = growing_wait(retry_after, random);
      break;
    case ReadingEnd::refused:
    case ReadingEnd::misunderstood:
      next.wait = growing_wait(retry_after, random);
      break;
    case ReadingEnd::forbidden:
      if (doubts_ < kDoubts) {
        ++doubts_;
        next.in_doubt = true;
        next.list = !watching;
        next.wait = growing_wait(retry_after, random);
        break;
      }
      next.wait = options_.retry_forbidden;
      // Where only watching is forbidden, each attempt costs a list.
      if (watching) next.wait *= std::min(1 << std::min(forbidden_++, 4), 10);
      break;
  }
  return next;
}

Duration ReflectorPlan::growing_wait(std::optional<Duration> retry_after, double random) {
  const RetryPolicy policy{options_.retry_first, options_.retry_longest};
  return retry_delay(policy, ++failures_, retry_after, random);
}

}  // namespace ebbgate::kubernetes
