#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/governor/governor.h"

namespace ebbgate {

/// Who is told what the controller does, for logs and metrics. Called on the loop's thread; must
/// not block.
class Observer {
 public:
  virtual ~Observer() = default;
  /// One decision, as it is acted on; `detail` is the other side's answer, or empty.
  virtual void decided(Instant now, const governor::Decision& decision,
                       const governor::Workload& workload, const std::string& detail) = 0;
  /// At the end of a turn: workloads that something happened to, and those that were forgotten.
  virtual void turned(Instant now, const governor::Governor& governor,
                      const std::vector<governor::Handle>& touched) = 0;
  /// The store began or ceased to be degraded.
  virtual void degraded(bool is_degraded, const std::string& why) = 0;
};

}  // namespace ebbgate
