#include "controller/kubernetes/kubernetes_provider.h"

#include <array>
#include <utility>

#include "controller/kubernetes/paths.h"

namespace ebbgate::kubernetes {

namespace {

// Config objects can be large: a page is held whole while it is read.
constexpr int kConfigPage = 100;
constexpr int kWorkloadPage = 250;

constexpr std::array kWorkloadKinds{WorkloadKind::deployment, WorkloadKind::stateful_set,
                                    WorkloadKind::daemon_set};
constexpr std::array kConfigKinds{ConfigKind::config_map, ConfigKind::secret};

ModelSettings model_settings(const Settings& settings) {
  return {{settings.kubernetes.honor_wave, settings.kubernetes.honor_reloader},
          settings.backoff,
          settings.settle};
}

std::vector<std::string> namespaces_of(const KubernetesSettings& settings) {
  return settings.namespaces.empty() ? std::vector<std::string>{""} : settings.namespaces;
}

int page_size(WorkloadKind /*kind*/) {
  return kWorkloadPage;
}
int page_size(ConfigKind /*kind*/) {
  return kConfigPage;
}

}  // namespace

KubernetesProvider::KubernetesProvider(const Settings& settings, Parts parts)
    : settings_(settings.kubernetes),
      parts_(std::move(parts)),
      model_(model_settings(settings), parts_.listener,
             [this](const Errands& errands) {
               for (const Notice& notice : errands.notices) parts_.noticed(notice);
               errands_.add(errands);
             }),
      errands_({model_, parts_.connector, parts_.clock, parts_.lease_left, parts_.random,
                [this](const std::string& line) { parts_.observer.warn(line); }}),
      sender_({model_, parts_.connector, parts_.listener, parts_.clock, parts_.lease_left}) {}

KubernetesProvider::~KubernetesProvider() {
  stop(Duration::zero());
}

// Nothing is left of an attempt whose process died: the workload itself tells what became of it.
void KubernetesProvider::recover(const WorkloadKey& /*key*/, const std::string& /*witness*/) {}

template <class Sink, class Kind>
KubernetesProvider::Collection KubernetesProvider::collection(Kind kind,
                                                              const std::string& namespace_name,
                                                              const std::string& resource,
                                                              const std::string& field_selector) {
  const std::string path = path_of(kind, namespace_name);
  Collection collection;
  collection.path = path;
  collection.sink = std::make_unique<Sink>(
      model_, kind, namespace_name,
      [this, path](const std::string& forbidden) { settled(path, forbidden); });
  ReflectorOptions options;
  options.resource = resource;
  options.path = path;
  options.field_selector = field_selector;
  options.page_size = page_size(kind);
  options.resync = settings_.resync;
  collection.reflector = std::make_unique<Reflector>(options, parts_.connector, *collection.sink,
                                                     parts_.observer, parts_.random);
  return collection;
}

void KubernetesProvider::make_threads() {
  const MutexLock lock(mutex_);
  if (stopping_ || std::exchange(threads_made_, true)) return;
  for (const std::string& namespace_name : namespaces_of(settings_)) {
    for (const WorkloadKind kind : kWorkloadKinds) {
      workloads_.push_back(
          collection<WorkloadSink>(kind, namespace_name, std::string(plural_of(kind)), ""));
    }
    for (const ConfigKind kind : kConfigKinds) {
      const bool secrets = kind == ConfigKind::secret;
      configuration_.push_back(collection<ConfigSink>(
          kind, namespace_name, plural_of(kind), secrets ? settings_.secret_field_selector : ""));
    }
  }
  for (const Collection& one : workloads_) one.reflector->make_thread();
  for (const Collection& one : configuration_) one.reflector->make_thread();
  errands_.start();
  sender_.start();
}

void KubernetesProvider::start() {
  make_threads();
  const MutexLock lock(mutex_);
  if (!stopping_) begin(workloads_);
}

void KubernetesProvider::begin(const Collections& collections) {
  for (const Collection& one : collections) to_list_.insert(one.path);
  for (const Collection& one : collections) one.reflector->start();
}

// First the workloads, so that of their configuration only what they reference is kept.
void KubernetesProvider::settled(const std::string& collection, const std::string& forbidden) {
  if (!forbidden.empty()) parts_.observer.warn(forbidden);
  {
    const MutexLock lock(mutex_);
    if (forbidden.empty()) {
      forbidden_.erase(collection);
    } else {
      forbidden_[collection] = forbidden;
    }
    if (to_list_.erase(collection) == 0 || !to_list_.empty() || stopping_) return;
    if (!configuration_phase_) {
      configuration_phase_ = true;
      begin(configuration_);
      return;
    }
  }
  model_.use([](ClusterModel& model) { model.synced(); });
}

void KubernetesProvider::prepare(const Attempt& attempt) {
  parts_.listener.prepared(attempt.id, "");
}

void KubernetesProvider::send(const Attempt& attempt, const Digest& fingerprint) {
  sender_.send(attempt, fingerprint);
}

void KubernetesProvider::cancel(const Attempt& /*attempt*/) {}

void KubernetesProvider::remember(const WorkloadKey& key, const Remembered& remembered) {
  model_.use([&](ClusterModel& model) { model.remember(key, remembered); });
}

void KubernetesProvider::watch_rollout(const WorkloadKey& key) {
  model_.use([&](ClusterModel& model) { model.watch_rollout(key); });
}

void KubernetesProvider::stop(Duration patience) {
  Collections workloads;
  Collections configuration;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    workloads = std::exchange(workloads_, {});
    configuration = std::exchange(configuration_, {});
  }
  sender_.stop(patience);
  for (const Collection& one : workloads) one.reflector->stop();
  for (const Collection& one : configuration) one.reflector->stop();
  errands_.stop();
}

void KubernetesProvider::reconfigure(const Settings& settings) {
  model_.use([&](ClusterModel& model) { model.configure(model_settings(settings)); });
}

std::optional<WorkloadObject> KubernetesProvider::find(const WorkloadKey& key) {
  return model_.use([&](const ClusterModel& model) -> std::optional<WorkloadObject> {
    const WorkloadObject* found = model.find(key);
    if (found == nullptr) return std::nullopt;
    return *found;
  });
}

std::vector<std::string> KubernetesProvider::problems() {
  std::vector<std::string> problems = errands_.problems();
  const MutexLock lock(mutex_);
  for (const auto& [collection, why] : forbidden_) problems.push_back(why);
  return problems;
}

std::string KubernetesProvider::cause(const WorkloadKey& key) {
  return model_.use([&](const ClusterModel& model) { return model.cause(key); });
}

}  // namespace ebbgate::kubernetes
