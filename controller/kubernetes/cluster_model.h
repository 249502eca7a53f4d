#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/workload_key.h"
#include "controller/governor/policy.h"
#include "controller/kubernetes/config_index.h"
#include "controller/kubernetes/state_annotation.h"
#include "controller/kubernetes/workload_annotations.h"
#include "controller/kubernetes/workload_object.h"
#include "controller/provider.h"

namespace ebbgate::kubernetes {

/// How the model came to know of an object.
enum class Source : std::uint8_t {
  list,   ///< what happened since it was last seen, and in which order, cannot be told
  watch,  ///< every write to it comes, in order
  fetch,  ///< it was read alone
};

/// What somebody should be told about a workload, as an event on it.
struct Notice {
  WorkloadKey key;
  std::string reason;  ///< ReferenceMissing, InvalidPolicy…
  std::string message;
  bool operator==(const Notice&) const = default;
};

/// What the model cannot do itself, because it takes requests.
struct Errands {
  std::vector<ConfigName> fetch;         ///< to be read one by one
  std::vector<WorkloadKey> records;      ///< workloads whose state is to be written
  std::vector<WorkloadKey> wave_checks;  ///< workloads whose Wave hash is to be worked out
  std::vector<Notice> notices;
};

/// An update as it is to be sent.
struct PreparedUpdate {
  WorkloadObject seen;  ///< what its tests were made from
  std::string body;     ///< a JSON patch
};

/// How an update ended that is not known to be applied.
enum class Ended : std::uint8_t {
  not_applied,  ///< refused, or it was read that the workload did not take it
  unknown,
};

struct ModelSettings {
  Honor honor;
  governor::BackoffSettings backoff;
  governor::SettleSettings settle;
};

/// What is known of a cluster in this term: watched workloads, the configuration that they
/// reference, and what follows for each from what the API server says (semantics, section 4). Does
/// no I/O and knows no time; what it concludes goes to a ProviderListener, and what it needs done
/// to take_errands(). Not thread-safe.
class ClusterModel final {
 public:
  /// The listener must outlive it.
  ClusterModel(const ModelSettings& settings, ProviderListener& listener);
  ~ClusterModel();
  ClusterModel(const ClusterModel&) = delete;
  ClusterModel& operator=(const ClusterModel&) = delete;

  /// Other policies for workloads without their own.
  void configure(const ModelSettings& settings);

  // Workloads, as the API server says. Old news are dropped.

  void workload_list_begins(WorkloadKind kind, const std::string& namespace_name);
  void workload_found(WorkloadObject object, Source source);
  void workload_deleted(const WorkloadObject& object);
  void workload_list_ended(WorkloadKind kind, const std::string& namespace_name,
                           std::uint64_t resource_version);

  // Their configuration. `namespace_name` empty: all of them.

  Interest interest(const ConfigName& name) const { return index_.interest(name); }
  /// Before each read of a single object. False: it need not be read any more.
  bool begin_fetch(const ConfigName& name) { return index_.begin_fetch(name); }
  void config_list_begins(ConfigKind kind, const std::string& namespace_name);
  void config_found(const ConfigObject& object, Source source);
  void config_absent(const ConfigName& name, std::uint64_t resource_version);
  void config_forbidden(const ConfigName& name, const std::string& why);
  void config_list_ended(ConfigKind kind, const std::string& namespace_name,
                         std::uint64_t resource_version);
  void config_list_forbidden(ConfigKind kind, const std::string& namespace_name,
                             const std::string& why);

  /// Everything was listed once: from here on workloads are told of. Once.
  void synced();

  // What the controller wants.

  /// The update as it is to be sent now; nothing: there is no such workload any more, or it was
  /// updated by somebody else since this one was decided.
  std::optional<PreparedUpdate> begin_update(const Attempt& attempt, const Digest& fingerprint,
                                             WallTime now);
  /// The state that the update in flight writes; empty: none is in flight.
  std::string state_in_flight(const WorkloadKey& key) const;
  /// Whether the update that was begun has been seen on the workload. What comes of the workload
  /// from there on is taken up once the update has ended.
  bool landed(const WorkloadKey& key) const;

  // The update that was begun has ended, which the listener was told before.

  /// `updated`: the workload as the update's answer has it (`watch`), or as it was read after it
  /// (`fetch`).
  void update_applied(const WorkloadKey& key, std::optional<WorkloadObject> updated, Source source);
  void update_failed(const WorkloadKey& key, Ended ended);
  void remember(const WorkloadKey& key, const Remembered& remembered);
  void watch_rollout(const WorkloadKey& key);

  // Errands.

  Errands take_errands();
  /// The patch that writes a workload's state; nothing: it need not be written (any more).
  std::optional<PreparedUpdate> record_update(const WorkloadKey& key, WallTime now) const;
  /// … was answered with this.
  void record_written(WorkloadObject object);
  /// What Wave's hash is to be worked out of; nothing: it need not be (any more).
  std::optional<std::vector<ConfigReference>> wave_references(const WorkloadKey& key) const;
  /// The versions of the objects whose digests are known, for wave_checked().
  using Versions = std::vector<std::pair<ConfigName, std::uint64_t>>;
  /// Wave's hash of the objects as they were at `versions`. False: others are known, and it is to
  /// be worked out once more, in a while.
  bool wave_checked(const WorkloadKey& key, const std::string& hash, const Versions& versions);

  /// The newest that is known of a workload; null: it is not watched. Until the next change.
  const WorkloadObject* find(const WorkloadKey& key) const;
  /// Which object's change an update of this workload is for; empty: not known.
  std::string cause(const WorkloadKey& key) const;
  std::size_t size() const { return workloads_.size(); }

 private:
  struct Tracked;
  using HeldBack = std::vector<std::pair<WorkloadObject, Source>>;
  using Workloads = std::unordered_map<WorkloadKey, std::unique_ptr<Tracked>>;

  Tracked* tracked(const WorkloadKey& key) const;
  void first_sight(Tracked& workload, Source source);
  void seen_again(Tracked& workload, const WorkloadObject& before, Source source);
  void take_annotations(Tracked& workload, WorkloadAnnotations asked);
  WorkloadAnnotations annotations_of(const WorkloadObject& object) const;
  void forget(const WorkloadKey& key);
  void owner_changed(Tracked& workload, const WorkloadObject& before, Source source);
  static void mistrust(Tracked& workload);
  bool is_configuration_newer(const Tracked& workload) const;
  void take_held_back(const WorkloadKey& key, HeldBack&& held_back);
  void tell_all(const std::vector<WorkloadKey>& keys);
  void tell(Tracked& workload, const ConfigName* in_place_before = nullptr);
  void tell_users(const std::vector<WorkloadKey>& keys, const ConfigName& object,
                  std::uint64_t resource_version);
  void take_content(Tracked& workload, const References& references);
  void tell_rollout(Tracked& workload);
  void want_record(const Tracked& workload);
  bool needs_record(const Tracked& workload) const;
  void notice(Tracked& workload, const std::string& reason, const std::string& message);

  ModelSettings settings_;
  std::shared_ptr<const governor::Policy> policy_;
  ProviderListener& listener_;
  ConfigIndex index_;
  Workloads workloads_;
  bool synced_ = false;
  std::uint64_t list_ = 0;  // counts lists of workloads
  std::map<std::pair<WorkloadKind, std::string>, std::uint64_t> lists_under_way_;
  std::set<WorkloadKey> records_;
  std::set<WorkloadKey> wave_checks_;
  std::vector<Notice> notices_;
};

}  // namespace ebbgate::kubernetes
