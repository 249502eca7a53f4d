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
    workload.paths = {settings.watch.begin(), settings.watch.end()};
    workload.policy = policy_of(settings);
    for (const std::string& path : workload.paths) users_[path].push_back(key);
    const auto before = workloads_.find(key);
    if (before != workloads_.end()) workload.told = std::move(before->second.told);
    marked_.insert(key);
  }
  const std::map<WorkloadKey, Workload> before = std::exchange(workloads_, std::move(next));
  for (const auto& [key, workload] : before) {
    if (workloads_.contains(key)) continue;
    marked_.erase(key);
    sink_.gone(key);
  }
  std::erase_if(policies_, [](const auto& policy) { return policy.expired(); });
}

std::set<std::string> WatchedWorkloads::paths() const {
  std::set<std::string> paths;
  for (const auto& [path, users] : users_) paths.insert(path);
  return paths;
}

void WatchedWorkloads::mark(const std::string& path) {
  const auto users = users_.find(path);
  if (users != users_.end()) marked_.insert(users->second.begin(), users->second.end());
}

void WatchedWorkloads::tell(const std::map<std::string, std::unique_ptr<FileTree>>& trees) {
  for (auto marked = marked_.begin(); marked != marked_.end();) {
    Workload& workload = workloads_.at(*marked);
    if (!std::all_of(workload.paths.begin(), workload.paths.end(),
                     [&](const std::string& path) { return trees.at(path)->scanned(); })) {
      // The last of its entries to be read marks it again.
      marked = marked_.erase(marked);
      continue;
    }
    auto references = std::make_shared<std::vector<Reference>>();
    std::string missing;
    bool known = true;
    for (const std::string& path : workload.paths) {
      const FileTree& tree = *trees.at(path);
      if (!tree.problem().empty()) missing += (missing.empty() ? "" : "; ") + tree.problem();
      known = known && tree.digest().has_value();
      if (known) references->push_back({path, *tree.digest()});
    }
    Observation observation;
    observation.key = *marked;
    observation.policy = workload.policy;
    if (known) observation.references = std::move(references);
    observation.missing = std::move(missing);
    observation.hold = workload.hold;
    observation.judged = workload.judged;
    observation.adopt = workload.adopt;
    marked = marked_.erase(marked);
    if (workload.told && same(*workload.told, observation)) continue;
    workload.told = observation;
    sink_.observed(std::move(observation));
  }
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
