#include "metrics/api_server_metrics.h"

#include <algorithm>
#include <span>

namespace ebbgate::metrics {

namespace {

constexpr std::string_view kOther = "other";

const prometheus::Histogram::BucketBoundaries& buckets() {
  static const prometheus::Histogram::BucketBoundaries boundaries = {
      0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  return boundaries;
}

std::string_view label(std::span<const std::string_view> labels, std::string_view value) {
  const auto found = std::ranges::find(labels, value);
  return found == labels.end() ? kOther : *found;
}

}  // namespace

ApiServerMetrics::ApiServerMetrics(Catalogue& catalogue)
    : events_dropped(prometheus::BuildCounter()
                         .Name("ebbgate_events_dropped_total")
                         .Help("Kubernetes Events that were not written: too many, or not taken.")
                         .Register(catalogue.registry())
                         .Add({})),
      requests_family_(prometheus::BuildCounter()
                           .Name("ebbgate_api_requests_total")
                           .Help("Requests to the API server; the code is none where no answer "
                                 "came.")
                           .Register(catalogue.registry())),
      duration_family_(prometheus::BuildHistogram()
                           .Name("ebbgate_api_request_duration_seconds")
                           .Help("Time that a request to the API server took; of a watch, until "
                                 "it began.")
                           .Register(catalogue.registry())) {
  for (const std::string_view verb : kVerbLabels) {
    durations_[verb] = &duration_family_.Add({{"verb", std::string(verb)}}, buckets());
  }
}

void ApiServerMetrics::requested(const std::string& verb, const std::string& resource, int code,
                                 Duration took) {
  const std::string_view verb_label = label(kVerbLabels, verb);
  const std::string_view resource_label = label(kResourceLabels, resource);
  const MutexLock lock(mutex_);
  prometheus::Counter*& counter = requests_[{verb_label, resource_label, code}];
  if (counter == nullptr) {
    counter = &requests_family_.Add({{"verb", std::string(verb_label)},
                                     {"resource", std::string(resource_label)},
                                     {"code", code == 0 ? "none" : std::to_string(code)}});
  }
  counter->Increment();
  prometheus::Histogram*& histogram = durations_[verb_label];
  if (histogram == nullptr) {
    histogram = &duration_family_.Add({{"verb", std::string(verb_label)}}, buckets());
  }
  histogram->Observe(std::chrono::duration<double>(took).count());
}

}  // namespace ebbgate::metrics
