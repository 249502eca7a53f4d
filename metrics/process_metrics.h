#pragma once

#include <vector>

#include <prometheus/metric_family.h>

namespace ebbgate::metrics {

/// The usual process_* metrics, read from /proc now. What cannot be read is left out.
std::vector<prometheus::MetricFamily> collect_process_metrics();

}  // namespace ebbgate::metrics
