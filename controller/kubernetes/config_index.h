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

#include "base/workload_key.h"
#include "controller/kubernetes/config_entry.h"
#include "controller/kubernetes/config_object.h"
#include "controller/kubernetes/config_reference.h"
#include "controller/references.h"

namespace ebbgate::kubernetes {

/// What a workload's references hold now.
struct Resolution {
  /// Null while something has not been read yet (and was never read before).
  References references;
  /// Why the workload must wait: each required object or key that is missing, each object that may
  /// not be read; empty: it need not.
  std::string missing;
  /// Part of `missing` that is because of permissions.
  bool forbidden = false;
};

/// Which config objects are referenced, by whom, and what is known of them: digests of referenced
/// keys of referenced objects, and nothing of all the others. Not thread-safe.
///
/// A reference's name is `ConfigMap/NAMESPACE/NAME` or, of one key, `ConfigMap/NAMESPACE/NAME:KEY`;
/// one that is missing has a digest of its own. Ignored objects are in no workload's references,
/// and nothing of them counts as missing.
///
/// An interest counts from when it was set: what was read for an older one must come before, and a
/// list that begins must be read with the interests of that moment or newer ones.
class ConfigIndex final {
 public:
  /// Sets what a workload references; an empty list forgets the workload. What nobody references
  /// any more is dropped; what is referenced for the first time, or in a part that is not known, is
  /// to be fetched. Optional and required references of one thing count as required.
  void set_references(const WorkloadKey& workload, std::vector<ConfigReference> references);

  /// What anybody references of an object.
  Interest interest(const ConfigName& object) const;

  // What the API server says; each returns the workloads for which something may be different now.

  /// An object as a list or watch brings it. Older than (or as old as) what is known: dropped.
  /// Read for less than is referenced by now: taken, and to be fetched again.
  std::vector<WorkloadKey> found(const ConfigObject& object);
  /// The same of an object that was read on its own. Each that take_to_fetch() told ends with this,
  /// absent(object, 0) or forbidden().
  std::vector<WorkloadKey> fetched(const ConfigObject& object);
  /// It does not exist, as of `resource_version`; or (0) as of a fetch, which counts as newer
  /// unless the object was found meanwhile: then it is to be fetched again.
  std::vector<WorkloadKey> absent(const ConfigName& object, std::uint64_t resource_version);
  /// It may not be fetched: its last digest stays, its users wait.
  std::vector<WorkloadKey> forbidden(const ConfigName& object, const std::string& why);

  // A list of a kind in one namespace, or (empty) all of them. Where there are several, each must
  // begin before one of them ends, or single objects of those yet to come are fetched for nothing.

  /// Objects that are not found from here to list_ended() do not exist any more.
  void list_begins(ConfigKind kind, const std::string& namespace_name);
  std::vector<WorkloadKey> list_ended(ConfigKind kind, const std::string& namespace_name,
                                      std::uint64_t resource_version);
  /// None of them may be read.
  std::vector<WorkloadKey> list_forbidden(ConfigKind kind, const std::string& namespace_name,
                                          const std::string& why);

  /// Objects that must be read one by one, each told once until its answer; then again if need be.
  /// Those that a list under way, or one yet to come, will bring are left out: only kinds and
  /// namespaces that were listed count. An object outside all namespaces that are listed, whose
  /// changes nobody tells, is told again after each list of the first of them.
  std::vector<ConfigName> take_to_fetch();
  /// To be called before each such read, repeats included: what has not begun has no answer. False:
  /// it need not be read any more.
  bool begin_fetch(const ConfigName& object);

  Resolution resolve(const WorkloadKey& workload) const;
  /// The resource version of each of a workload's objects (0: absent or not known), for comparing
  /// with what was read elsewhere; in the order of their names.
  std::vector<std::pair<ConfigName, std::uint64_t>> versions(const WorkloadKey& workload) const;

 private:
  using Entries = std::unordered_map<ConfigName, ConfigEntry>;
  using Node = Entries::value_type;

  /// One of a workload's references.
  struct Use {
    Node* node;
    std::string key;
    bool optional;
  };

  /// What is known of a list of a kind in one namespace, or all.
  struct List {
    std::uint32_t begun = 0;  ///< its number while it is under way, else 0
    bool ended = false;       ///< ever
    std::shared_ptr<const std::string> forbidden;
  };
  using ListName = std::pair<ConfigKind, std::string>;

  /// A fetch that was told and has not been answered.
  struct Fetch {
    std::uint32_t begun = 0;  ///< the newest list that had begun
    bool crossed = false;     ///< a list or watch found the object meanwhile
    bool dropped = false;     ///< its answer is too old: something else may have been missed since
  };

  static bool covers(const ListName& list, const ConfigName& object);
  const List* list_of(const ConfigName& object) const;
  bool is_to_be_fetched(const Node& node) const;
  void plan(const Node& node);
  void drop(const WorkloadKey& workload, const std::vector<Use>& uses);
  std::optional<Fetch> end_fetch(const ConfigName& object);
  std::vector<WorkloadKey> users_if(bool differs, const Node& node);
  bool settle_listed(Node& node, const List& list, std::uint64_t resource_version);

  Entries entries_;
  std::map<WorkloadKey, std::vector<Use>> workloads_;  ///< uses sorted by object and key
  std::map<ListName, List> lists_;
  std::uint32_t lists_begun_ = 0;
  std::set<ConfigName> to_fetch_;
  std::map<ConfigName, Fetch> fetches_;
};

}  // namespace ebbgate::kubernetes
