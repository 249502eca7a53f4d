#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/workload_key.h"
#include "controller/local/file_watcher.h"
#include "controller/local/updater.h"
#include "controller/provider.h"
#include "controller/settings.h"

namespace ebbgate::local {

/// Workloads of this host: configuration in files and folders, updates by a command, an HTTP
/// request or a signal (semantics, section 3). Needs no cluster.
class LocalProvider final : public Provider {
 public:
  /// Gets lines for people, from any of its threads; must not block.
  using Log = std::function<void(const std::string& line)>;

  /// `output` gets what commands print and what is worth telling of updates, `warn` what somebody
  /// should look into; `own_files` are never part of a watched folder. `listener` must outlive
  /// stop(). Updates under way hold at most so many `descriptors`. Throws NoThread, or
  /// std::system_error where the machine has no descriptors left.
  LocalProvider(const LocalSettings& settings, ProviderListener& listener, const Log& output,
                const Log& warn, std::vector<OwnFiles> own_files = {},
                std::size_t descriptors = Updater::kManyDescriptors);

  std::string name() const override { return "local"; }
  bool carries_state() const override { return false; }
  void recover(const WorkloadKey& key, const std::string& witness) override;
  void start() override;
  void prepare(const Attempt& attempt) override;
  void send(const Attempt& attempt, const Digest& fingerprint) override;
  void cancel(const Attempt& attempt) override;
  void watch_rollout(const WorkloadKey& key) override;
  void stop(Duration patience) override;

  /// Takes over other settings while it runs: only what differs is told. Any thread.
  void reconfigure(const LocalSettings& settings) EBBGATE_EXCLUDES(mutex_);
  /// How watching goes, for metrics. Any thread.
  WatchStatistics watch_statistics() const { return watcher_.statistics(); }
  /// The reads of files that take their time. Any thread.
  std::vector<SlowRead> slow_reads() const { return watcher_.slow_reads(); }
  /// Watched paths that are neither files nor folders. Any thread.
  std::vector<PassedOver> passed_over() const { return watcher_.passed_over(); }
  /// After stop(): whether threads are left that wait for a file system.
  bool left_threads() const { return left_threads_; }

 private:
  using Workloads = std::map<WorkloadKey, LocalWorkload>;

  static Workloads by_key(const LocalSettings& settings);
  std::optional<LocalWorkload> find(const WorkloadKey& key) EBBGATE_EXCLUDES(mutex_);
  void look_at_pid_files() EBBGATE_EXCLUDES(mutex_);

  ProviderListener& listener_;
  Mutex mutex_;
  Workloads workloads_ EBBGATE_GUARDED_BY(mutex_);
  Updater updater_;
  FileWatcher watcher_;
  bool left_threads_ = false;
};

}  // namespace ebbgate::local
