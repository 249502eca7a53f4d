#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/local/watch_entry.h"
#include "controller/provider.h"
#include "controller/settings.h"

namespace ebbgate::local {

/// What the watcher tells of local workloads. Called from its thread; must not block.
struct WatchSink {
  std::function<void(Observation)> observed;
  std::function<void(const WorkloadKey&)> gone;
  std::function<void()> listed;  ///< once: each workload has been told of
};

/// The workloads of the settings, and what was last told of each: only differences are told. Used
/// by one thread.
class WatchedWorkloads {
 public:
  explicit WatchedWorkloads(WatchSink sink) : sink_(std::move(sink)) {}

  /// Takes over the settings; tells at once which workloads are gone.
  void apply(const std::vector<LocalWorkload>& workloads);
  /// Every watch entry of any workload.
  std::set<WatchEntry> entries() const;
  /// Whose configuration an entry is.
  const std::vector<WorkloadKey>& users(const WatchEntry& entry) const;
  /// What is known of an entry has changed.
  void mark(const WatchEntry& entry);
  /// An entry is not read yet, and the first look at it takes long: its workloads are told of
  /// without it, as waiting for it.
  void mark_late(const WatchEntry& entry);
  /// Tells of marked workloads all of whose entries have been read, or that are late; the others
  /// must be marked again when their entries are read.
  void tell(const EntryStates& states);
  /// Whether each workload has been told of.
  bool all_told() const { return untold_.empty(); }
  /// Says so, which is to be done once.
  void listed() { sink_.listed(); }

 private:
  struct Workload {
    std::shared_ptr<const governor::Policy> policy;
    std::set<WatchEntry> entries;
    governor::Hold hold;
    bool judged = false;
    bool adopt = true;
    bool late = false;
    std::optional<Observation> told;
  };

  static Observation observation(const WorkloadKey& key, const Workload& workload,
                                 const EntryStates& states);
  std::shared_ptr<const governor::Policy> policy_of(const LocalWorkload& workload);

  WatchSink sink_;
  std::map<WorkloadKey, Workload> workloads_;
  std::map<WatchEntry, std::vector<WorkloadKey>> users_;
  std::set<WorkloadKey> marked_;
  std::set<WorkloadKey> untold_;
  std::vector<std::weak_ptr<const governor::Policy>> policies_;
};

}  // namespace ebbgate::local
