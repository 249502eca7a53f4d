#include "controller/status_overview.h"

namespace ebbgate {

void StatusOverview::turned(Instant /*now*/, const governor::Governor& governor,
                            const std::vector<governor::Handle>& /*touched*/) {
  const governor::Totals& totals = governor.totals();
  const MutexLock lock(mutex_);
  seen_.counts = {totals.changes, totals.coalesced, totals.answers, totals.suppressed,
                  totals.waiting};
  seen_.bucket = governor.bucket();
}

void StatusOverview::degraded(bool is_degraded, const std::string& why) {
  const MutexLock lock(mutex_);
  seen_.degraded = !is_degraded ? "" : why.empty() ? "the database cannot be written" : why;
}

StatusOverview::Seen StatusOverview::seen() const {
  const MutexLock lock(mutex_);
  return seen_;
}

}  // namespace ebbgate
