#include "controller/local/local_provider.h"

#include <utility>
#include <vector>

namespace ebbgate::local {

LocalProvider::LocalProvider(const LocalSettings& settings, ProviderListener& listener,
                             const Log& output, const Log& warn, std::vector<OwnFiles> own_files,
                             std::size_t descriptors)
    : listener_(listener),
      workloads_(by_key(settings)),
      updater_(listener, output, descriptors),
      watcher_(settings,
               {[this](Observation observation) { listener_.observed(std::move(observation)); },
                [this](const WorkloadKey& key) {
                  updater_.forget_rollout(key);
                  listener_.gone(key);
                },
                [this] { listener_.listed(); }},
               warn, std::move(own_files)) {}

LocalProvider::Workloads LocalProvider::by_key(const LocalSettings& settings) {
  Workloads workloads;
  for (const LocalWorkload& workload : settings.workloads) {
    workloads.emplace(Updater::key_of(workload), workload);
  }
  return workloads;
}

std::optional<LocalWorkload> LocalProvider::find(const WorkloadKey& key) {
  const MutexLock lock(mutex_);
  const auto found = workloads_.find(key);
  if (found == workloads_.end()) return std::nullopt;
  return found->second;
}

void LocalProvider::look_at_pid_files() {
  std::vector<LocalWorkload> workloads;
  {
    const MutexLock lock(mutex_);
    for (const auto& [key, workload] : workloads_) workloads.push_back(workload);
  }
  updater_.look_at_pid_files(workloads);
}

void LocalProvider::recover(const WorkloadKey& key, const std::string& witness) {
  Updater::recover(key, witness);
}

void LocalProvider::start() {
  look_at_pid_files();
  watcher_.start();
}

void LocalProvider::prepare(const Attempt& attempt) {
  if (const auto workload = find(attempt.key)) {
    updater_.prepare(attempt, *workload);
    return;
  }
  listener_.answered(attempt.id,
                     Answer::not_sent(FailureCause::not_configured,
                                      "the workload was just taken out of the configuration"));
}

void LocalProvider::send(const Attempt& attempt, const Digest& fingerprint) {
  updater_.send(attempt.id, fingerprint);
}

void LocalProvider::cancel(const Attempt& attempt) {
  updater_.cancel(attempt.id);
}

void LocalProvider::watch_rollout(const WorkloadKey& key) {
  if (const auto workload = find(key)) updater_.watch_rollout(*workload);
}

void LocalProvider::stop(Duration patience) {
  updater_.stop(patience);
  left_threads_ = !watcher_.stop();
}

void LocalProvider::reconfigure(const LocalSettings& settings) {
  {
    const MutexLock lock(mutex_);
    workloads_ = by_key(settings);
  }
  look_at_pid_files();
  updater_.change_readiness(settings.workloads);
  watcher_.reconfigure(settings);
}

}  // namespace ebbgate::local
