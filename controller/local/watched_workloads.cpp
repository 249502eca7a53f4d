#include "controller/local/watched_workloads.h"

#include <algorithm>

namespace ebbgate::local {
namespace {

constexpr auto kKind = "Local";

bool same(const Observation& left, const Observation& right) {
  const bool same_references = left.references && right.references
                                   ? *left.references == *right.references
                                   : left.references == right.references;
  return same_references && left.key == right.key && left.policy == right.policy &&
         left.missing == right.missing && left.hold == right.hold && left.judged == right.judged &&
         left.adopt == right.adopt;
}

}  // namespace

void WatchedWorkloads::apply(const std::vector<LocalWorkload>& workloads) {
  std::map<WorkloadKey, Workload> next;
  users_.clear();
  for (const LocalWorkload& settings : workloads) {
    const WorkloadKey key{settings.namespace_name, kKind, settings.name};
    Workload& workload = next[key];
    workload.hold = settings.hold;
    workload.judged = settings.ready.has_value();
    workload.adopt = settings.adopt_on_first_sight;
    for (const std::string& path : settings.watch) {
      workload.entries.insert({path, settings.max_file_size});
    }
    workload.policy = policy_of(settings);
    for (const WatchEntry& entry : workload.entries) users_[entry].push_back(key);
    const auto before = workloads_.find(key);
    if (before != workloads_.end()) workload.told = std::move(before->second.told);
    if (!workload.told) untold_.insert(key);
    marked_.insert(key);
  }
  const std::map<WorkloadKey, Workload> before = std::exchange(workloads_, std::move(next));
  for (const auto& [key, workload] : before) {
    if (workloads_.contains(key)) continue;
    marked_.erase(key);
    untold_.erase(key);
    sink_.gone(key);
  }
  std::erase_if(policies_, [](const auto& policy) { return policy.expired(); });
}

std::set<WatchEntry> WatchedWorkloads::entries() const {
  std::set<WatchEntry> entries;
  for (const auto& [entry, users] : users_) entries.insert(entry);
  return entries;
}

const std::vector<WorkloadKey>& WatchedWorkloads::users(const WatchEntry& entry) const {
  static const std::vector<WorkloadKey> nobody;
  const auto found = users_.find(entry);
  return found == users_.end() ? nobody : found->second;
}

void WatchedWorkloads::mark(const WatchEntry& entry) {
  const std::vector<WorkloadKey>& keys = users(entry);
  marked_.insert(keys.begin(), keys.end());
}

void WatchedWorkloads::mark_late(const WatchEntry& entry) {
  for (const WorkloadKey& key : users(entry)) workloads_.at(key).late = true;
  mark(entry);
}

void WatchedWorkloads::tell(const EntryStates& states) {
  for (const WorkloadKey& key : std::exchange(marked_, {})) {
    Workload& workload = workloads_.at(key);
    const bool all_read =
        std::all_of(workload.entries.begin(), workload.entries.end(),
                    [&](const WatchEntry& entry) { return states.at(entry).read; });
    // The last of its entries to be read marks it again.
    if (!all_read && !workload.late) continue;
    Observation told = observation(key, workload, states);
    if (workload.told && same(*workload.told, told)) continue;
    workload.told = told;
    untold_.erase(key);
    sink_.observed(std::move(told));
  }
}

Observation WatchedWorkloads::observation(const WorkloadKey& key, const Workload& workload,
                                          const EntryStates& states) {
  auto references = std::make_shared<std::vector<Reference>>();
  std::string missing;
  bool known = true;
  for (const WatchEntry& entry : workload.entries) {
    const EntryState& state = states.at(entry);
    std::string why = state.overdue.empty() ? state.problem : state.overdue;
    if (!state.read && why.empty()) why = entry.path + " is being read for the first time";
    if (!why.empty()) missing += (missing.empty() ? "" : "; ") + why;
    known = known && state.digest.has_value();
    if (known) references->push_back({entry.path, *state.digest});
  }
  Observation observation;
  observation.key = key;
  observation.policy = workload.policy;
  if (known) observation.references = std::move(references);
  observation.missing = std::move(missing);
  observation.hold = workload.hold;
  observation.judged = workload.judged;
  observation.adopt = workload.adopt;
  return observation;
}

std::shared_ptr<const governor::Policy> WatchedWorkloads::policy_of(const LocalWorkload& workload) {
  for (const auto& candidate : policies_) {
    auto policy = candidate.lock();
    if (policy && policy->backoff() == workload.backoff && policy->settle() == workload.settle) {
      return policy;
    }
  }
  auto policy = std::make_shared<const governor::Policy>(workload.backoff, workload.settle);
  policies_.push_back(policy);
  return policy;
}

}  // namespace ebbgate::local
