#include "controller/kubernetes/tracked_workload.h"

#include <algorithm>

#include "controller/kubernetes/rollout.h"

namespace ebbgate::kubernetes {

std::string_view state_of(const WorkloadObject& object) {
  const auto state = object.annotations.find(kStateAnnotation);
  return state == object.annotations.end() ? std::string_view() : std::string_view(state->second);
}

bool belongs_to(const Reference& reference, const ConfigName& object) {
  const std::string whole =
      std::string(name_of(object.kind)) + "/" + object.namespace_name + "/" + object.name;
  return reference.name == whole || reference.name.starts_with(whole + ":");
}

bool ClusterModel::Tracked::belongs_behind_answer(const WorkloadObject& newer) const {
  if (state_in_flight.empty() || newer.uid != object.uid || newer.deleting) return false;
  return !held_back.empty() || state_of(newer) == state_in_flight;
}

bool ClusterModel::Tracked::record_is_intact() const {
  return record && record->template_digest == object.template_digest &&
         record->hash == object.hash.value_or("");
}

bool ClusterModel::Tracked::has_content(const ConfigName& name) const {
  if (!references) return false;
  return std::any_of(references->begin(), references->end(), [&](const Reference& reference) {
    return belongs_to(reference, name) && reference.digest != absent_object_digest();
  });
}

std::optional<Digest> ClusterModel::Tracked::applied_by_object() const {
  if (record && (record_is_intact() || !object.hash)) {
    return record->applied ? *record->applied : parse_hash(record->hash);
  }
  return object.hash ? parse_hash(*object.hash) : std::nullopt;
}

std::optional<Carried> ClusterModel::Tracked::carried() const {
  if (!record && !object.hash && !applied) return std::nullopt;
  Carried carried;
  if (record) {
    carried.has_record = true;
    carried.counter = record->counter;
    carried.level = record->level;
  }
  if (!mistrusted && !unresolved) carried.applied = applied;
  carried.rolled_out_since = rolled_out_since && carried.applied.has_value();
  return carried;
}

bool ClusterModel::Tracked::is_rolled_out(const WorkloadObject& seen) const {
  return rollout_state(seen, template_generation) == RolloutState::complete;
}

bool ClusterModel::Tracked::needs_new_revision(const Digest& fingerprint) const {
  // The same text once more would begin no rollout.
  if (object.hash && parse_hash(*object.hash) == fingerprint) return true;
  // Pods of earlier revisions may be alive, and have begun with anything.
  return !applied || !is_rolled_out(object);
}

bool ClusterModel::Tracked::needs_record() const {
  if (!remembered || wave_pending || !state_in_flight.empty()) return false;
  if (!remembered->applied && remembered->counter == 0 && !unknown_by_owner) return false;
  if (!record || record->counter < remembered->counter) return true;
  return record->counter == remembered->counter && applied_by_object() != remembered->applied;
}

}  // namespace ebbgate::kubernetes
