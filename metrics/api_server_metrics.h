#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "base/clock.h"
#include "base/mutex.h"
#include "metrics/catalogue.h"

namespace ebbgate::metrics {

inline constexpr std::array<std::string_view, 6> kVerbLabels{"get",   "list",   "watch",
                                                             "patch", "create", "update"};
inline constexpr std::array<std::string_view, 7> kResourceLabels{
    "configmaps", "secrets", "deployments", "statefulsets", "daemonsets", "events", "leases"};
/// Those of them that are watched.
inline constexpr std::array<std::string_view, 5> kWatchedResourceLabels{
    "configmaps", "secrets", "deployments", "statefulsets", "daemonsets"};

/// What is asked of a cluster's API server. Any thread.
class ApiServerMetrics final {
 public:
  /// The catalogue must outlive it, and must have no other one.
  explicit ApiServerMetrics(Catalogue& catalogue);
  ApiServerMetrics(const ApiServerMetrics&) = delete;
  ApiServerMetrics& operator=(const ApiServerMetrics&) = delete;

  /// A verb or resource beside the labels above counts as `other`. `code` is the HTTP status, or 0
  /// where none came, which counts as `none`.
  void requested(const std::string& verb, const std::string& resource, int code, Duration took)
      EBBGATE_EXCLUDES(mutex_);

  /// Kubernetes Events that were not written: too many, or the server did not take them.
  prometheus::Counter& events_dropped;

 private:
  prometheus::Family<prometheus::Counter>& requests_family_;
  prometheus::Family<prometheus::Histogram>& duration_family_;
  Mutex mutex_;
  std::map<std::tuple<std::string_view, std::string_view, int>, prometheus::Counter*> requests_
      EBBGATE_GUARDED_BY(mutex_);
  std::map<std::string_view, prometheus::Histogram*> durations_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate::metrics
