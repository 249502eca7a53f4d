#pragma once

#include <optional>

#include "base/clock.h"
#include "controller/governor/failure_cause.h"

namespace ebbgate::governor {

/// Attempts in a row that failed, of a workload that still wants its update (semantics, section 1,
/// "Failing").
struct Failing {
  BootTime since;  ///< when the first of them was answered
  int count = 0;
  std::optional<FailureCause> cause;  ///< of the last one; absent: not known

  bool operator==(const Failing&) const = default;
};

}  // namespace ebbgate::governor
