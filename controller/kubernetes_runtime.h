#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "controller/kubernetes/cluster_access.h"
#include "controller/kubernetes/event_recorder.h"
#include "controller/kubernetes/http_connection.h"
#include "controller/kubernetes/kubernetes_provider.h"
#include "controller/kubernetes/leader_election.h"
#include "controller/kubernetes/update_events.h"
#include "controller/log.h"
#include "controller/loop.h"
#include "controller/provider_runtime.h"
#include "metrics/api_server_metrics.h"
#include "metrics/watch_metrics.h"

namespace ebbgate {

/// The provider for clusters: with the API server's connections, leader election, events on
/// workloads, and metrics of all that.
class KubernetesRuntime final : public ProviderRuntime,
                                private kubernetes::RequestObserver,
                                private kubernetes::ReflectorObserver,
                                private kubernetes::LeaderListener {
 public:
  struct Parts {
    Log& log;
    metrics::Catalogue& catalogue;
    Loop& loop;
    const Clock& clock;
    /// This process led, and does not any more: it is to end and begin anew. Any thread.
    std::function<void()> on_lost;
  };

  /// What is handed in must outlive it. Throws std::runtime_error where no cluster is to be found,
  /// with every place that was tried.
  KubernetesRuntime(const Settings& settings, Parts parts);
  ~KubernetesRuntime() override;

  Provider& provider() override { return provider_; }
  Observer* observer() override { return &update_events_; }
  void start() override;
  void reconfigure(const Settings& settings) override { provider_.reconfigure(settings); }
  void stop(Duration patience) override;
  Leadership leadership() override;
  std::string cluster() const override { return access_.name; }
  std::vector<std::string> problems() override;

 private:
  void notice(const kubernetes::Notice& notice);
  std::optional<kubernetes::EventTarget> event_target(const WorkloadKey& key);
  Duration lease_left() const;
  double random() EBBGATE_EXCLUDES(mutex_);

  void requested(const std::string& verb, const std::string& resource, int code,
                 Duration took) override;
  void heard(const std::string& resource) override;
  void restarted(const std::string& resource, const std::string& reason) override;
  void leading(const std::string& term, const std::string& term_before) override;
  void lost(const std::string& why) override;
  void info(const std::string& line) override;
  void warn(const std::string& line) override;

  const Parts parts_;
  metrics::ApiServerMetrics requests_;
  metrics::WatchMetrics watches_;
  Mutex mutex_;
  std::mt19937_64 random_ EBBGATE_GUARDED_BY(mutex_);
  kubernetes::ClusterAccess access_;
  kubernetes::HttpConnector connector_;
  kubernetes::KubernetesProvider provider_;
  kubernetes::EventRecorder events_;
  kubernetes::UpdateEvents update_events_;
  std::unique_ptr<kubernetes::LeaderElection> election_;  // null: always leading
};

}  // namespace ebbgate
