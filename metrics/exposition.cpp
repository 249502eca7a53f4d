#include "metrics/exposition.h"

#include <utility>

#include <prometheus/text_serializer.h>

#include "metrics/catalogue.h"
#include "metrics/feedback_series.h"
#include "metrics/process_metrics.h"
#include "metrics/workload_series.h"

namespace ebbgate::metrics {

std::string exposition(const Catalogue& catalogue, const WorkloadSeries& series,
                       const std::vector<PeerStatus>& peers, const Instant& now) {
  auto families = catalogue.registry().Collect();
  for (auto& family : collect_process_metrics()) families.push_back(std::move(family));
  std::string out = prometheus::TextSerializer().Serialize(families);
  series.write(out, now);
  write_feedback_series(out, peers, now);
  return out;
}

}  // namespace ebbgate::metrics
