#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/kubernetes/collection_sinks.h"
#include "controller/kubernetes/errand_runner.h"
#include "controller/kubernetes/reflector.h"
#include "controller/kubernetes/shared_model.h"
#include "controller/kubernetes/update_sender.h"
#include "controller/provider.h"
#include "controller/settings.h"

namespace ebbgate::kubernetes {

/// Deployments, StatefulSets and DaemonSets of a cluster: configuration in ConfigMaps and Secrets,
/// updates by one PATCH (semantics, section 4). Reads and writes nothing before start(), which is
/// called when a term of leading begins.
class KubernetesProvider final : public Provider {
 public:
  struct Parts {
    Connector& connector;
    ProviderListener& listener;
    ReflectorObserver& observer;  ///< its warn() also gets what else somebody should look into
    const Clock& clock;
    std::function<Duration()> lease_left;        ///< any thread
    std::function<double()> random;              ///< numbers in [0, 1); any thread
    std::function<void(const Notice&)> noticed;  ///< any thread; must not block
  };

  /// What is handed in must outlive stop().
  KubernetesProvider(const Settings& settings, Parts parts);
  ~KubernetesProvider() override;

  /// Makes every thread that a term takes, so that none can be wanting when one begins. Not needed
  /// before start(). Throws NoThread, or std::system_error where no descriptor is to be had.
  void make_threads() EBBGATE_EXCLUDES(mutex_);

  std::string name() const override { return "kubernetes"; }
  bool carries_state() const override { return true; }
  void recover(const WorkloadKey& key, const std::string& witness) override;
  void start() override;
  void prepare(const Attempt& attempt) override;
  void send(const Attempt& attempt, const Digest& fingerprint) override;
  void cancel(const Attempt& attempt) override;
  void remember(const WorkloadKey& key, const Remembered& remembered) override;
  void watch_rollout(const WorkloadKey& key) override;
  void stop(Duration patience) override;

  /// Other policies, while it runs. Any thread.
  void reconfigure(const Settings& settings);

  /// For events about a workload; nothing where it is not watched. Any thread.
  std::optional<WorkloadObject> find(const WorkloadKey& key);
  std::string cause(const WorkloadKey& key);
  /// What may not be read, with what to do. Any thread.
  std::vector<std::string> problems() EBBGATE_EXCLUDES(mutex_);

 private:
  /// One kind in one namespace, or in all.
  struct Collection {
    std::string path;
    std::unique_ptr<ReflectorSink> sink;
    std::unique_ptr<Reflector> reflector;
  };

  using Collections = std::vector<Collection>;

  template <class Sink, class Kind>
  Collection collection(Kind kind, const std::string& namespace_name, const std::string& resource,
                        const std::string& field_selector);
  void begin(const Collections& collections) EBBGATE_REQUIRES(mutex_);
  void settled(const std::string& collection, const std::string& forbidden)
      EBBGATE_EXCLUDES(mutex_);

  const KubernetesSettings settings_;
  const Parts parts_;
  SharedModel model_;
  ErrandRunner errands_;
  UpdateSender sender_;

  Mutex mutex_;
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool threads_made_ EBBGATE_GUARDED_BY(mutex_) = false;
  Collections workloads_ EBBGATE_GUARDED_BY(mutex_);
  Collections configuration_ EBBGATE_GUARDED_BY(mutex_);
  std::set<std::string> to_list_ EBBGATE_GUARDED_BY(mutex_);  // before the next phase begins
  std::map<std::string, std::string> forbidden_ EBBGATE_GUARDED_BY(mutex_);  // by collection
  bool configuration_phase_ EBBGATE_GUARDED_BY(mutex_) = false;
};

}  // namespace ebbgate::kubernetes
