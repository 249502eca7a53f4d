#include "controller/kubernetes/tracked_workload.h"

namespace ebbgate::kubernetes {

bool ClusterModel::Tracked::update_landed() const {
  if (state_in_flight.empty()) return false;
  const auto state = object.annotations.find(kStateAnnotation);
  return state != object.annotations.end() && state->second == state_in_flight;
}

bool ClusterModel::Tracked::record_is_intact() const {
  return record && record->template_digest == object.template_digest &&
         record->hash == object.hash.value_or("");
}

std::optional<Digest> ClusterModel::Tracked::applied_by_object() const {
  if (record && (record_is_intact() || !object.hash)) {
    return record->applied ? *record->applied : parse_hash(record->hash);
  }
  return object.hash ? parse_hash(*object.hash) : std::nullopt;
}

std::optional<Carried> ClusterModel::Tracked::carried() const {
  // Its answer tells of it.
  if (update_landed()) return std::nullopt;
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

bool ClusterModel::Tracked::needs_record() const {
  if (!remembered || wave_pending || !state_in_flight.empty()) return false;
  if (!remembered->applied && remembered->counter == 0) return false;
  if (!record || record->counter < remembered->counter) return true;
  return record->counter == remembered->counter && applied_by_object() != remembered->applied;
}

}  // namespace ebbgate::kubernetes
