#include "metrics/watch_metrics.h"

namespace ebbgate::metrics {

namespace {

constexpr const char* kOther = "other";

}  // namespace

WatchMetrics::WatchMetrics(Catalogue& catalogue, std::span<const std::string_view> resources,
                           std::span<const std::string_view> reasons)
    : last_event_family_(
          prometheus::BuildGauge()
              .Name("ebbgate_watch_last_event_timestamp_seconds")
              .Help("When the watch of a resource last brought anything; absent until it did.")
              .Register(catalogue.registry())),
      restarts_family_(prometheus::BuildCounter()
                           .Name("ebbgate_watch_restarts_total")
                           .Help("Times that the watch of a resource had to begin anew, by reason.")
                           .Register(catalogue.registry())) {
  for (const std::string_view resource_label : resources) {
    const std::string resource(resource_label);
    last_event_.emplace(resource, nullptr);
    for (const std::string_view reason_label : reasons) {
      const std::string reason(reason_label);
      restarts_[{resource, reason}] =
          &restarts_family_.Add({{"resource", resource}, {"reason", reason}});
    }
  }
}

void WatchMetrics::heard(const std::string& resource, WallTime time) {
  const double seconds = std::chrono::duration<double>(time.time_since_epoch()).count();
  const MutexLock lock(mutex_);
  const std::string label = last_event_.contains(resource) ? resource : kOther;
  prometheus::Gauge*& gauge = last_event_[label];
  // Created with its value: a scrape in between would see a 0.
  if (gauge == nullptr) gauge = &last_event_family_.Add({{"resource", label}}, seconds);
  gauge->Set(seconds);
}

void WatchMetrics::restarted(const std::string& resource, const std::string& reason, double times) {
  const MutexLock lock(mutex_);
  const auto found = restarts_.find({resource, reason});
  prometheus::Counter* counter =
      found != restarts_.end() ? found->second
                               : &restarts_family_.Add({{"resource", kOther}, {"reason", kOther}});
  counter->Increment(times);
}

}  // namespace ebbgate::metrics
