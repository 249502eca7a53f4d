#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "metrics/feedback.h"

namespace ebbgate::metrics {

class Catalogue;
class WorkloadSeries;

inline constexpr const char* kExpositionContentType = "text/plain; version=0.0.4; charset=utf-8";

/// What Prometheus scrapes: the catalogue, the process, the single workloads and feedback's peers
/// (one snapshot of them all) in the text format 0.0.4. Any thread.
std::string exposition(const Catalogue& catalogue, const WorkloadSeries& series,
                       const std::vector<PeerStatus>& peers, const Instant& now);

}  // namespace ebbgate::metrics
