#include "controller/kubernetes_runtime.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <variant>

#include "base/host_name.h"
#include "controller/kubernetes/update_deadline.h"

namespace ebbgate {

using kubernetes::EventReason;
using kubernetes::EventTarget;
using kubernetes::EventType;

namespace {

kubernetes::ClusterAccess resolve(const Settings& settings, const Clock& clock) {
  kubernetes::AccessPlaces places;
  places.kubeconfig = settings.kubernetes.kubeconfig;
  places.context = settings.kubernetes.context;
  places.environment = [](const std::string& name) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
    return std::string(value == nullptr ? "" : value);
  };
  places.home = places.environment("HOME");
  auto access = kubernetes::resolve_cluster_access(places, clock);
  if (const auto* problem = std::get_if<std::string>(&access)) throw std::runtime_error(*problem);
  return std::get<kubernetes::ClusterAccess>(std::move(access));
}

kubernetes::HttpConnector::Target target_of(const kubernetes::ClusterAccess& access) {
  auto target = kubernetes::connection_target(access);
  if (const auto* problem = std::get_if<std::string>(&target)) throw std::runtime_error(*problem);
  return std::get<kubernetes::HttpConnector::Target>(std::move(target));
}

// The pod's uid, as the kubelet's mounts name it: it survives a restart of the container, whose
// Lease is then renewed at once.
std::string pod_uid() {
  constexpr std::string_view kPods = "/pods/";
  constexpr std::size_t kUid = 36;
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const std::size_t pods = line.find(kPods);
    if (pods == std::string::npos || line.find("/etc-hosts ") == std::string::npos) continue;
    std::string uid = line.substr(pods + kPods.size(), kUid);
    if (uid.size() == kUid && uid.find('/') == std::string::npos) return uid;
  }
  return {};
}

std::string identity_of_this_process() {
  if (std::string uid = pod_uid(); !uid.empty()) return uid;
  std::random_device random;
  std::array<char, 32> suffix{};
  std::snprintf(suffix.data(), suffix.size(), "_%08x%08x", random(), random());
  return host_name() + suffix.data();
}

kubernetes::LeaseSettings lease_settings(const LeaderElectionSettings& settings,
                                         const kubernetes::ClusterAccess& access) {
  kubernetes::LeaseSettings lease;
  lease.namespace_name =
      settings.namespace_name.empty() ? access.default_namespace : settings.namespace_name;
  lease.name = settings.name;
  lease.identity = settings.identity.empty() ? identity_of_this_process() : settings.identity;
  lease.duration = settings.duration;
  lease.renew = settings.renew;
  lease.retry = settings.retry;
  return lease;
}

std::optional<EventReason> reason_of(const std::string& name) {
  for (std::size_t i = 0; i < kubernetes::kEventReasonNames.size(); ++i) {
    if (kubernetes::kEventReasonNames.at(i) == name) return static_cast<EventReason>(i);
  }
  return std::nullopt;
}

}  // namespace

KubernetesRuntime::KubernetesRuntime(const Settings& settings, Parts parts)
    : parts_(std::move(parts)),
      requests_(parts_.catalogue),
      watches_(parts_.catalogue, metrics::kWatchedResourceLabels, metrics::kWatchRestartLabels),
      random_(std::random_device()()),
      access_(resolve(settings, parts_.clock)),
      connector_(target_of(access_), this),
      provider_(settings, {connector_, parts_.loop, *this, parts_.clock,
                           [this] { return lease_left(); }, [this] { return random(); },
                           [this](const kubernetes::Notice& told) { notice(told); }}),
      events_(connector_.connect(), parts_.clock,
              {[this](const std::string& line) { warn(line); },
               [this](std::uint64_t count) {
                 requests_.events_dropped.Increment(static_cast<double>(count));
               }}),
      update_events_(events_, {[this](const WorkloadKey& key) { return event_target(key); },
                               [this](const WorkloadKey& key) { return provider_.cause(key); }}) {
  parts_.log.info("the cluster is " + access_.origin);
  for (const std::string& warning : access_.warnings) warn(warning);
  if (settings.kubernetes.leader_election.enabled) {
    kubernetes::LeaderListener& listener = *this;
    election_ = std::make_unique<kubernetes::LeaderElection>(
        lease_settings(settings.kubernetes.leader_election, access_), connector_, listener,
        [this] { return random(); });
  }
}

KubernetesRuntime::~KubernetesRuntime() {
  stop(Duration::zero());
}

void KubernetesRuntime::start() {
  provider_.make_threads();
  events_.start();
  if (election_) {
    election_->start();
  } else {
    provider_.start();
  }
}

void KubernetesRuntime::stop(Duration patience) {
  // Half is left for handing over the lease.
  provider_.stop(patience / 2);
  events_.stop();
  // Nothing is sent any more that only a leader may send.
  if (election_) election_->stop(true);
}

Leadership KubernetesRuntime::leadership() {
  if (!election_) return {};
  return {true, election_->lease_left() > Duration::zero(), election_->holder()};
}

std::vector<std::string> KubernetesRuntime::problems() {
  std::vector<std::string> problems = provider_.problems();
  const std::string problem = election_ ? election_->problem() : std::string();
  if (!problem.empty()) problems.push_back(problem);
  return problems;
}

Duration KubernetesRuntime::lease_left() const {
  return election_ ? election_->lease_left() : Duration::max();
}

void KubernetesRuntime::leading(const std::string& term, const std::string& term_before) {
  parts_.loop.post(
      [term, term_before](Controller& controller) { controller.begin_term(term, term_before); });
  provider_.start();
}

void KubernetesRuntime::lost(const std::string& why) {
  parts_.log.error("this process no longer leads, and starts again as a standby: " + why);
  parts_.on_lost();
}

void KubernetesRuntime::notice(const kubernetes::Notice& notice) {
  parts_.log.warn(notice.message, {{"workload", notice.key.text()}, {"reason", notice.reason}});
  const auto reason = reason_of(notice.reason);
  const auto target = event_target(notice.key);
  if (reason && target) events_.record(*target, *reason, EventType::warning, notice.message);
}

std::optional<EventTarget> KubernetesRuntime::event_target(const WorkloadKey& key) {
  const auto object = provider_.find(key);
  if (!object) return std::nullopt;
  return EventTarget{key, object->uid, object->resource_version};
}

double KubernetesRuntime::random() {
  const MutexLock lock(mutex_);
  return std::uniform_real_distribution<double>()(random_);
}

void KubernetesRuntime::requested(const std::string& verb, const std::string& resource, int code,
                                  Duration took) {
  requests_.requested(verb, resource, code, took);
}

void KubernetesRuntime::heard(const std::string& resource) {
  watches_.heard(resource, parts_.clock.now().wall);
}

void KubernetesRuntime::restarted(const std::string& resource, const std::string& reason) {
  watches_.restarted(resource, reason);
}

void KubernetesRuntime::info(const std::string& line) {
  parts_.log.info(line);
}

void KubernetesRuntime::warn(const std::string& line) {
  parts_.log.warn(line);
}

}  // namespace ebbgate
