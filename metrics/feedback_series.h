#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "metrics/feedback.h"

namespace ebbgate::metrics {

/// Appends the families of feedback's peers in the text format, from one snapshot, so that what was
/// accepted is accounted for in every scrape. Families without samples keep their heads. Wall times
/// are worked out from `now`.
void write_feedback_series(std::string& out, const std::vector<PeerStatus>& peers,
                           const Instant& now);

}  // namespace ebbgate::metrics
