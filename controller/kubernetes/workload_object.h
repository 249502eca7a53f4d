#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/workload_key.h"
#include "controller/kubernetes/config_reference.h"

namespace ebbgate::kubernetes {

/// The kinds that roll out.
enum class WorkloadKind : std::uint8_t { deployment, stateful_set, daemon_set };

/// `Deployment`; and its plural in paths: `deployments`.
std::string_view name_of(WorkloadKind kind);
std::string_view plural_of(WorkloadKind kind);
/// Of `Deployment`…; nothing else.
std::optional<WorkloadKind> workload_kind(std::string_view name);

/// How a rollout stands, in the terms of all three kinds.
struct RolloutStatus {
  std::int64_t observed_generation = 0;
  std::int32_t desired = 0;  ///< pods wanted; of a DaemonSet, desiredNumberScheduled
  std::int32_t current = 0;  ///< pods there, of any revision
  std::int32_t updated = 0;  ///< pods of the newest revision
  std::int32_t available = 0;
  std::int32_t partition = 0;        ///< of a StatefulSet: pods below it keep their revision
  std::int32_t max_unavailable = 0;  ///< worked out for `desired`, rounded down; never all of them
  bool deadline_exceeded = false;    ///< condition Progressing says ProgressDeadlineExceeded

  bool operator==(const RolloutStatus&) const = default;
};

/// A Deployment, StatefulSet or DaemonSet, as far as Ebbgate needs it.
struct WorkloadObject {
  WorkloadKey key;
  WorkloadKind kind = WorkloadKind::deployment;
  std::string uid;
  std::uint64_t resource_version = 0;
  std::int64_t generation = 0;
  bool deleting = false;   ///< has a deletionTimestamp
  bool paused = false;     ///< spec.paused
  bool on_delete = false;  ///< updateStrategy OnDelete

  /// The annotations of metadata whose keys begin with `ebbgate.io/`, `wave.pusher.com/` or
  /// `reloader.stakater.com/`, or end with `.reloader.stakater.com/reload`.
  std::map<std::string, std::string, std::less<>> annotations;
  bool has_annotations = false;           ///< metadata.annotations is there, maybe empty
  bool template_has_annotations = false;  ///< the same of the pod template
  std::optional<std::string> hash;        ///< `ebbgate.io/config-hash` of the pod template
  std::optional<std::string> wave_hash;   ///< `wave.pusher.com/config-hash` of the pod template
  Digest template_digest;                 ///< of the pod template without `ebbgate.io/` annotations

  /// What the pod template references, sorted, without duplicates (an object that is referenced
  /// both optionally and not is there twice). Without extra objects.
  std::vector<ConfigReference> references;
  /// The same as Wave reads it (whole objects for plain volumes, no init containers).
  std::vector<ConfigReference> wave_references;

  RolloutStatus status;

  bool operator==(const WorkloadObject&) const = default;
};

}  // namespace ebbgate::kubernetes
