#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/workload_key.h"
#include "controller/local/probe_schedule.h"
#include "controller/local/update_runner.h"
#include "controller/provider.h"
#include "controller/settings.h"

namespace ebbgate::local {

/// Probes whether rollouts become ready, when ProbeSchedule says so, each probe for at most an
/// interval (or a second, where that is longer). Says not ready once `timeout` is over, and ready
/// when a probe finds that, also afterwards: a rollout that was given up is probed on, with what
/// descriptors updates and other probes leave to it. What a failed probe found is told where it
/// differs from what the one before found. Belongs to the loop's thread.
class Readiness final {
 public:
  Readiness(UpdateLoop& loop, UpdateRunner& runner, CommandOutput::Log log,
            ProviderListener& listener)
      : loop_(loop), runner_(runner), log_(std::move(log)), listener_(listener) {}

  /// Replaces an earlier watch of the same workload.
  void watch(const WorkloadKey& key, const LocalReadiness& settings);
  /// A new update is on its way: what a probe finds would be of no rollout in particular. The time
  /// goes on running.
  void pause(const WorkloadKey& key);
  /// The new update never took place.
  void resume(const WorkloadKey& key);
  /// A rollout that is watched is probed in another way from now on; without settings, not at all.
  void change(const WorkloadKey& key, const std::optional<LocalReadiness>& settings);
  void forget(const WorkloadKey& key);
  void forget_all();

 private:
  struct Watch {
    Watch(const LocalReadiness& ready, BootTime now)
        : settings(ready), schedule(ready.interval, ready.timeout, now) {}

    LocalReadiness settings;
    ProbeSchedule schedule;
    bool paused = false;
    UpdateLoop::Timer deadline_timer;
    UpdateLoop::Timer probe_timer;
    std::uint64_t probe = 0;  // which one is running; 0: none
    BootTime begun;           // when that began
    std::shared_ptr<Command> command;
    std::shared_ptr<HttpHook> hook;
    std::string last = "not probed yet";  // what the last probe found
  };

  void run(const WorkloadKey& key, Watch& watch);
  void halt(Watch& watch);
  void probe(const WorkloadKey& key);
  void probed(const WorkloadKey& key, std::uint64_t probe, const Answer& answer);
  void expire(const WorkloadKey& key);

  UpdateLoop& loop_;
  UpdateRunner& runner_;
  CommandOutput::Log log_;
  ProviderListener& listener_;
  std::map<WorkloadKey, Watch> watches_;
  std::uint64_t probes_made_ = 0;
};

}  // namespace ebbgate::local
