#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/local/file_tree.h"
#include "controller/provider.h"
#include "controller/settings.h"

namespace ebbgate::local {

/// What the watcher tells of local workloads. Called from its thread; must not block.
struct WatchSink {
  std::function<void(Observation)> observed;
  std::function<void(const WorkloadKey&)> gone;
  std::function<void()> listed;  ///< once: everything has been read and told
};

/// The workloads of the settings, and what was last told of each: only differences are told. Used
/// by one thread.
class WatchedWorkloads {
 public:
  explicit WatchedWorkloads(WatchSink sink) : sink_(std::move(sink)) {}

  /// Takes over the settings; tells at once which workloads are gone.
  void apply(const std::vector<LocalWorkload>& workloads);
  /// Every watch entry of any workload.
  std::set<std::string> paths() const;
  /// What is known of an entry has changed.
  void mark(const std::string& path);
  /// Tells of marked workloads all of whose entries have been read; the others must be marked again
  /// when their entries are.
  void tell(const std::map<std::string, std::unique_ptr<FileTree>>& trees);
  /// Says that everything has been told once.
  void listed() { sink_.listed(); }

 private:
  struct Workload {
    std::shared_ptr<const governor::Policy> policy;
    std::set<std::string> paths;
    governor::Hold hold;
    bool judged = false;
    bool adopt = true;
    std::optional<Observation> told;
  };

  std::shared_ptr<const governor::Policy> policy_of(const LocalWorkload& workload);

  WatchSink sink_;
  std::map<WorkloadKey, Workload> workloads_;
  std::map<std::string, std::vector<WorkloadKey>> users_;  // of each path
  std::set<WorkloadKey> marked_;
  std::vector<std::weak_ptr<const governor::Policy>> policies_;
};

}  // namespace ebbgate::local
