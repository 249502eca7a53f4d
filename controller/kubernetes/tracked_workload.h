#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "controller/kubernetes/cluster_model.h"

namespace ebbgate::kubernetes {

/// The text of its state annotation; empty: it has none.
std::string_view state_of(const WorkloadObject& object);
/// Whether it is one of this object.
bool belongs_to(const Reference& reference, const ConfigName& object);

/// What the model knows of one watched workload beside the object itself.
struct ClusterModel::Tracked {
  WorkloadObject object;
  std::optional<StateAnnotation> record;  ///< what it carries, where it was written for this uid
  WorkloadAnnotations asked;
  std::shared_ptr<const governor::Policy> policy;
  std::uint64_t seen_in_list = 0;

  /// What it took on, as far as is known here; absent: not known.
  std::optional<Digest> applied;
  bool rolled_out_since = false;  ///< … by somebody else, as a list showed; to be told
  bool mistrusted = false;        ///< what it runs with cannot be told, until it is updated
  bool mistrust_to_tell = false;
  bool unresolved = false;    ///< an update of unknown outcome, and nothing was seen since
  bool adopt = false;         ///< at first sight: nothing says what it took on
  bool take_on = false;       ///< it takes on what is referenced, once that can be told
  bool wave_pending = false;  ///< its references are told of once Wave's hash was compared

  References references;            ///< the last that were whole
  std::optional<Observation> told;  ///< the last, so that differences alone are told

  /// The resource version of the owner's last change of the template, if a watch event showed it
  /// and no update of ours came after it; 0: none.
  std::uint64_t owner_change = 0;
  References taken_on;   ///< what it took on by that
  bool stacked = false;  ///< that came before the rollout before it was complete

  /// It has had its template since this generation at the latest. Scaling and, on a Deployment,
  /// annotations raise the generation too, and who does so often keeps it ahead of the observed
  /// one.
  std::int64_t template_generation = 0;
  bool mixed = true;           ///< pods may be alive that began with different configurations
  bool rollout_mixed = false;  ///< the configuration changed since the last rollout began

  std::string state_in_flight;  ///< what the update in flight writes; empty: none is
  Remembered sent;              ///< what it is to remember once the update in flight is applied
  /// What came since the update in flight was seen on the workload: it belongs behind its answer.
  HeldBack held_back;
  /// What the last applied update wrote: whatever carries it first is its result.
  std::string applied_state;
  std::optional<Remembered> remembered;
  bool unknown_by_owner = false;  ///< … that what it runs with is not known, by its owner's doing
  std::optional<std::int64_t> awaited_generation;  ///< whose rollout is to be told of
  bool failure_told = false;
  std::string cause;  ///< the reference whose change was seen last

  std::map<std::string, std::string> noticed;  ///< the last message by reason

  bool belongs_behind_answer(const WorkloadObject& newer) const;
  bool record_is_intact() const;
  /// Whether `references` hold something of this object that exists.
  bool has_content(const ConfigName& object) const;
  /// What the object itself says that it took on.
  std::optional<Digest> applied_by_object() const;
  std::optional<Carried> carried() const;
  bool needs_record() const;
  /// Whether its template, the last that is known, has reached all its pods as they are seen here.
  bool is_rolled_out(const WorkloadObject& seen) const;
  /// Whether an update to this fingerprint must not bring back a revision that was there before.
  bool needs_new_revision(const Digest& fingerprint) const;
};

}  // namespace ebbgate::kubernetes
