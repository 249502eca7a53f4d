#include "controller/kubernetes/cluster_model.h"

#include <algorithm>

#include "controller/kubernetes/patches.h"
#include "controller/kubernetes/rollout.h"
#include "controller/kubernetes/tracked_workload.h"

namespace ebbgate::kubernetes {

ClusterModel::ClusterModel(const ModelSettings& settings, ProviderListener& listener)
    : settings_(settings),
      policy_(std::make_shared<const governor::Policy>(settings.backoff, settings.settle)),
      listener_(listener) {}

ClusterModel::~ClusterModel() = default;

void ClusterModel::configure(const ModelSettings& settings) {
  settings_ = settings;
  policy_ = std::make_shared<const governor::Policy>(settings.backoff, settings.settle);
  for (auto& [key, workload] : workloads_) {
    take_annotations(*workload, annotations_of(workload->object));
    tell(*workload);
  }
}

ClusterModel::Tracked* ClusterModel::tracked(const WorkloadKey& key) const {
  const auto found = workloads_.find(key);
  return found == workloads_.end() ? nullptr : found->second.get();
}

const WorkloadObject* ClusterModel::find(const WorkloadKey& key) const {
  const Tracked* workload = tracked(key);
  return workload == nullptr ? nullptr : &workload->object;
}

std::string ClusterModel::cause(const WorkloadKey& key) const {
  const Tracked* workload = tracked(key);
  return workload == nullptr ? std::string() : workload->cause;
}

void ClusterModel::workload_list_begins(WorkloadKind kind, const std::string& namespace_name) {
  lists_under_way_[{kind, namespace_name}] = ++list_;
}

void ClusterModel::workload_list_ended(WorkloadKind kind, const std::string& namespace_name,
                                       std::uint64_t resource_version) {
  const auto list = lists_under_way_.extract({kind, namespace_name});
  if (!list) return;
  std::vector<WorkloadKey> gone;
  for (const auto& [key, workload] : workloads_) {
    const bool listed = workload->object.kind == kind &&
                        (namespace_name.empty() || key.namespace_name == namespace_name);
    if (listed && workload->seen_in_list < list.mapped() &&
        workload->object.resource_version <= resource_version) {
      gone.push_back(key);
    }
  }
  for (const WorkloadKey& key : gone) forget(key);
}

void ClusterModel::workload_found(WorkloadObject object, Source source) {
  WorkloadAnnotations asked = annotations_of(object);
  Tracked* known = tracked(object.key);
  if (known != nullptr && source == Source::list) known->seen_in_list = list_;
  if (known != nullptr && known->object.resource_version > object.resource_version) return;
  if (known != nullptr && asked.watched && known->belongs_behind_answer(object)) {
    known->held_back.emplace_back(std::move(object), source);
    return;
  }
  if (known != nullptr) known->unresolved = false;
  if (known != nullptr && known->object.resource_version == object.resource_version) {
    tell(*known);
    return;
  }
  if (!asked.watched || object.deleting) {
    if (known != nullptr) forget(object.key);
    return;
  }
  if (known != nullptr && known->object.uid != object.uid) {
    // Deleted and made anew between two looks.
    forget(object.key);
    known = nullptr;
  }
  const bool is_new = known == nullptr;
  if (is_new) {
    known = workloads_.emplace(object.key, std::make_unique<Tracked>()).first->second.get();
    known->seen_in_list = list_;
  }
  const WorkloadObject before = std::exchange(known->object, std::move(object));
  known->record.reset();
  const auto state = known->object.annotations.find(kStateAnnotation);
  if (state != known->object.annotations.end()) {
    known->record = parse_state(state->second);
    if (known->record && known->record->uid != known->object.uid) known->record.reset();
  }
  take_annotations(*known, std::move(asked));
  std::vector<ConfigReference> references = known->object.references;
  references.insert(references.end(), known->asked.extra.begin(), known->asked.extra.end());
  index_.set_references(known->object.key, std::move(references));
  if (is_new) {
    first_sight(*known, source);
  } else {
    seen_again(*known, before, source);
  }
  tell(*known);
  tell_rollout(*known);
  want_record(*known);
}

WorkloadAnnotations ClusterModel::annotations_of(const WorkloadObject& object) const {
  return read_annotations(object, settings_.honor, settings_.backoff, settings_.settle);
}

void ClusterModel::take_annotations(Tracked& workload, WorkloadAnnotations asked) {
  workload.asked = std::move(asked);
  const governor::BackoffSettings& backoff = workload.asked.backoff;
  const governor::SettleSettings& settle = workload.asked.settle;
  if (backoff == settings_.backoff && settle == settings_.settle) {
    workload.policy = policy_;
  } else if (!workload.policy || workload.policy->backoff() != backoff ||
             workload.policy->settle() != settle) {
    workload.policy = std::make_shared<const governor::Policy>(backoff, settle);
  }
  std::string problems;
  for (const std::string& problem : workload.asked.problems) {
    problems += (problems.empty() ? "" : "; ") + problem;
  }
  notice(workload, "InvalidPolicy", problems);
}

void ClusterModel::first_sight(Tracked& workload, Source source) {
  const WorkloadObject& object = workload.object;
  workload.template_generation = object.generation;
  workload.applied = workload.applied_by_object();
  if (!workload.record && source == Source::watch && object.generation == 1) {
    // Just created: its pods begin with the configuration as it stands, whatever it was copied
    // from.
    workload.adopt = true;
    workload.take_on = true;
    workload.owner_change = object.resource_version;
    workload.applied.reset();
    workload.mixed = false;
    return;
  }
  workload.mixed = !workload.is_rolled_out(object);
  workload.rolled_out_since =
      workload.record && !workload.record_is_intact() && object.hash.has_value();
  if (workload.record || object.hash) return;
  workload.wave_pending = workload.asked.by_wave && object.wave_hash.has_value();
  workload.adopt = !workload.wave_pending;
}

void ClusterModel::seen_again(Tracked& workload, const WorkloadObject& before, Source source) {
  const WorkloadObject& object = workload.object;
  const bool same_template = object.template_digest == before.template_digest;
  const bool names_hash = workload.record && workload.record->hash == object.hash.value_or("");
  const std::uint64_t counter = workload.remembered ? workload.remembered->counter : 0;
  if (!workload.applied_state.empty() && state_of(object) == workload.applied_state &&
      state_of(before) != workload.applied_state) {
    // The result of our own update. A read may show what the owner did after it as well.
    workload.applied_state.clear();
    workload.awaited_generation = object.generation;
    if (!names_hash || (source != Source::watch && !same_template)) mistrust(workload);
  } else if (same_template && names_hash && workload.record->counter > counter) {
    // Another leader's update, or one of ours that came late.
    workload.applied = workload.applied_by_object();
    workload.mistrusted = false;
    workload.owner_change = 0;
    workload.taken_on.reset();
    workload.mixed = true;
  } else if (!same_template || object.hash != before.hash) {
    owner_changed(workload, before, source);
  }
  if (!same_template || object.hash != before.hash || source != Source::watch) {
    workload.template_generation = object.generation;
  }
  if (workload.is_rolled_out(object) && !workload.rollout_mixed) workload.mixed = false;
}

void ClusterModel::mistrust(Tracked& workload) {
  workload.mistrusted = true;
  workload.mistrust_to_tell = true;
  workload.applied.reset();
  workload.taken_on.reset();
  workload.owner_change = 0;
  // Even once it is complete: it may have been brought back from before.
  workload.mixed = true;
  workload.rollout_mixed = true;
}

// Its new pods begin with the configuration as it stands (semantics, section 4).
void ClusterModel::owner_changed(Tracked& workload, const WorkloadObject& before, Source source) {
  workload.taken_on.reset();
  workload.owner_change = 0;
  if (source != Source::watch) {
    // Whether the configuration changed before or after it cannot be told.
    if (workload.object.hash && workload.applied) {
      workload.applied = parse_hash(*workload.object.hash);
      workload.rolled_out_since = true;
    }
    workload.mixed = true;
    return;
  }
  const bool was_complete = !is_judged(before) || workload.is_rolled_out(before);
  // Pods of a rollout that was not complete may live on in a revision that is used again.
  if ((!was_complete && workload.mixed) || is_configuration_newer(workload)) {
    mistrust(workload);
  } else {
    workload.take_on = true;
    workload.owner_change = workload.object.resource_version;
    workload.stacked = !was_complete;
    workload.mixed = workload.rollout_mixed;
    workload.rollout_mixed = false;
  }
}

// Whether something that was referenced before has changed since the owner's change, of which this
// watch told later than that of the configuration.
bool ClusterModel::is_configuration_newer(const Tracked& workload) const {
  const auto versions = index_.versions(workload.object.key);
  return std::any_of(versions.begin(), versions.end(), [&](const auto& version) {
    return version.second > workload.object.resource_version && workload.has_content(version.first);
  });
}

void ClusterModel::workload_deleted(const WorkloadObject& object) {
  const Tracked* known = tracked(object.key);
  if (known == nullptr || known->object.resource_version > object.resource_version) return;
  forget(object.key);
}

void ClusterModel::forget(const WorkloadKey& key) {
  const auto kept = workloads_.extract(key);  // to the end: the key may be its own
  index_.set_references(key, {});
  records_.erase(key);
  wave_checks_.erase(key);
  if (synced_) listener_.gone(key);
}

void ClusterModel::config_list_begins(ConfigKind kind, const std::string& namespace_name) {
  index_.list_begins(kind, namespace_name);
}

void ClusterModel::config_found(const ConfigObject& object, Source source) {
  const auto users = source == Source::fetch ? index_.fetched(object) : index_.found(object);
  // Of what a list brings it cannot be told when it came to be.
  tell_users(users, object.name, source == Source::list ? 0 : object.resource_version);
}

void ClusterModel::config_absent(const ConfigName& name, std::uint64_t resource_version) {
  tell_users(index_.absent(name, resource_version), name, resource_version);
}

void ClusterModel::tell_users(const std::vector<WorkloadKey>& keys, const ConfigName& object,
                              std::uint64_t resource_version) {
  for (const WorkloadKey& key : keys) {
    Tracked* workload = tracked(key);
    if (workload == nullptr) continue;
    // It was in place when the owner changed the template, however late it is heard of.
    const bool in_place_before = resource_version > 0 && resource_version < workload->owner_change;
    tell(*workload, in_place_before ? &object : nullptr);
  }
}

void ClusterModel::config_forbidden(const ConfigName& name, const std::string& why) {
  tell_all(index_.forbidden(name, why));
}

void ClusterModel::config_list_ended(ConfigKind kind, const std::string& namespace_name,
                                     std::uint64_t resource_version) {
  tell_all(index_.list_ended(kind, namespace_name, resource_version));
}

void ClusterModel::config_list_forbidden(ConfigKind kind, const std::string& namespace_name,
                                         const std::string& why) {
  tell_all(index_.list_forbidden(kind, namespace_name, why));
}

void ClusterModel::synced() {
  synced_ = true;
  for (auto& [key, workload] : workloads_) tell(*workload);
  listener_.listed();
}

void ClusterModel::tell_all(const std::vector<WorkloadKey>& keys) {
  for (const WorkloadKey& key : keys) {
    if (Tracked* workload = tracked(key)) tell(*workload);
  }
}

}  // namespace ebbgate::kubernetes
