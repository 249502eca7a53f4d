#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/workload_key.h"
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
/// a missing optional one has a digest of its own. Ignored objects are in no workload's references.
class ConfigIndex final {
 public:
  /// Sets what a workload references; an empty list forgets the workload. What nobody references
  /// any more is dropped; what is referenced for the first time, or in a part that is not known, is
  /// to be fetched. Optional and required references of one thing count as required.
  void set_references(const WorkloadKey& workload, std::vector<ConfigReference> references);

  /// What anybody references of an object.
  Interest interest(const ConfigName& object) const;

  // What the API server says; each returns the workloads for which something may be different now.

  /// An object as it is. Older than (or as old as) what is known: dropped. Read for less than is
  /// referenced by now: taken, and to be fetched again.
  std::vector<WorkloadKey> found(const ConfigObject& object);
  /// It does not exist, as of `resource_version` (0: not known; it counts as newer).
  std::vector<WorkloadKey> absent(const ConfigName& object, std::uint64_t resource_version);
  /// It may not be read: its last digest stays, its users wait.
  std::vector<WorkloadKey> forbidden(const ConfigName& object, const std::string& why);

  // A list of a kind in one namespace, or (empty) all of them.

  /// Objects that are not found from here to list_ended() do not exist any more.
  void list_begins(ConfigKind kind, const std::string& namespace_name);
  std::vector<WorkloadKey> list_ended(ConfigKind kind, const std::string& namespace_name,
                                      std::uint64_t resource_version);
  /// None of them may be read.
  std::vector<WorkloadKey> list_forbidden(ConfigKind kind, const std::string& namespace_name,
                                          const std::string& why);

  /// Objects that must be read one by one, each told once (until found, absent or forbidden; then
  /// again if need be). Those that a list under way, or one yet to come, will bring are left out:
  /// only kinds and namespaces that were listed count.
  std::vector<ConfigName> take_to_fetch();

  Resolution resolve(const WorkloadKey& workload) const;
  /// The resource version of each of a workload's objects (0: absent or not known), for comparing
  /// with what was read elsewhere; in the order of their names.
  std::vector<std::pair<ConfigName, std::uint64_t>> versions(const WorkloadKey& workload) const;

 private:
  struct Entry;
  std::unordered_map<ConfigName, Entry> entries_;
  std::map<WorkloadKey, std::vector<ConfigReference>> workloads_;
};

}  // namespace ebbgate::kubernetes
