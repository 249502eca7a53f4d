#pragma once

#include <string>

#include "base/clock.h"

namespace ebbgate::metrics {

class Catalogue;
class WorkloadSeries;

inline constexpr const char* kExpositionContentType = "text/plain; version=0.0.4; charset=utf-8";

/// What Prometheus scrapes: the catalogue, the process and the single workloads in the text format
/// 0.0.4. Any thread.
std::string exposition(const Catalogue& catalogue, const WorkloadSeries& series,
                       const Instant& now);

}  // namespace ebbgate::metrics
