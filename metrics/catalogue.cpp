#include "metrics/catalogue.h"

#include <cstdio>
#include <cstdlib>
#include <span>

namespace ebbgate::metrics {

namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;

Family<Gauge>& gauges(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

Family<Counter>& counters(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

Gauge& gauge(Registry& registry, const char* name, const char* help) {
  return gauges(registry, name, help).Add({});
}

Counter& counter(Registry& registry, const char* name, const char* help) {
  return counters(registry, name, help).Add({});
}

Histogram& histogram(Registry& registry, const char* name, const char* help,
                     const Histogram::BucketBoundaries& buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

template <class Metric, class Labels>
std::map<std::string_view, Metric*> add_all(Family<Metric>& family, const char* label,
                                            const Labels& values) {
  std::map<std::string_view, Metric*> handles;
  for (const std::string_view value : values) {
    handles.emplace(value, &family.Add({{label, std::string(value)}}));
  }
  return handles;
}

template <class Metric>
Metric& existing(const std::map<std::string_view, Metric*>& handles, std::string_view value) {
  const auto found = handles.find(value);
  if (found == handles.end()) {
    std::fprintf(stderr, "no metric has the label value %.*s\n", static_cast<int>(value.size()),
                 value.data());
    std::abort();
  }
  return *found->second;
}

}  // namespace

Catalogue::Catalogue(const BuildInfo& build, int highest_level)
    : registry_(std::make_unique<Registry>(Registry::InsertBehavior::Throw)),
      workloads_family_(
          &gauges(*registry_, "ebbgate_workloads", "Workloads by their backoff level.")),
      pending_oldest_family_(&gauges(
          *registry_, "ebbgate_updates_pending_oldest_timestamp_seconds",
          "Since when the oldest pending update waits, hold and missing excepted; absent when none "
          "does.")),
      changes(counter(*registry_, "ebbgate_changes_total",
                      "Changes of workloads' configuration that were seen.")),
      coalesced(counter(*registry_, "ebbgate_updates_coalesced_total",
                        "Changes that no update had to carry, because a newer one or a change "
                        "back replaced them.")),
      update_delay(histogram(*registry_, "ebbgate_update_delay_seconds",
                             "Time from the first change that an update carries to its sending.",
                             {0.1, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 600, 1800, 7200})),
      update_duration(histogram(*registry_, "ebbgate_update_duration_seconds",
                                "Time from an update's sending to its answer.",
                                {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60})),
      rollouts_unfinished(gauge(*registry_, "ebbgate_rollouts_unfinished",
                                "Rollouts begun by an update and not yet finished.")),
      rollouts_timed_out(counter(*registry_, "ebbgate_rollouts_timed_out_total",
                                 "Rollouts that gave their slot back after unfinished.timeout.")),
      workloads_failing(gauge(*registry_, "ebbgate_workloads_failing",
                              "Workloads whose last update failed and is tried again.")),
      rollouts_failed(gauge(*registry_, "ebbgate_rollouts_failed",
                            "Workloads whose last rollout was given up and is not ready yet.")),
      budget_tokens(
          gauge(*registry_, "ebbgate_budget_tokens", "Updates that the shared budget allows now.")),
      budget_burst_tokens(gauge(*registry_, "ebbgate_budget_burst_tokens",
                                "Updates that the shared budget allows at most at once.")),
      workloads_at_highest_level(
          gauge(*registry_, "ebbgate_workloads_at_highest_level",
                "Workloads whose backoff cannot climb further under their policy.")),
      loop_turn_duration(histogram(*registry_, "ebbgate_loop_turn_duration_seconds",
                                   "Time that one turn of the decision loop took.",
                                   {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5})),
      store_commit_duration(
          histogram(*registry_, "ebbgate_store_commit_duration_seconds",
                    "Time that one commit to the database took.",
                    {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5})),
      store_degraded(gauge(*registry_, "ebbgate_store_degraded",
                           "1 while the database cannot be written and decisions go on from "
                           "memory.")),
      store_size(gauge(*registry_, "ebbgate_store_size_bytes",
                       "Size of the database with its write-ahead log.")),
      log_lines_dropped(counter(*registry_, "ebbgate_log_lines_dropped_total",
                                "Log lines that were lost because standard error did not take them "
                                "in time.")),
      leader(gauge(*registry_, "ebbgate_leader",
                   "1 while this process decides; always 1 without leader election.")),
      config_last_reload_successful(
          gauge(*registry_, "ebbgate_config_last_reload_successful",
                "1 when the last reading of the configuration succeeded.")) {
  for (int level = 0; level <= highest_level; ++level) set_workloads(level, 0);
  const std::span<const std::string_view> but_settle(kGateLabels.begin() + 1, kGateLabels.end());
  suppressed_ = add_all(counters(*registry_, "ebbgate_updates_suppressed_total",
                                 "Changes held back, by the closed gate with the latest end."),
                        "gate", but_settle);
  updates_ = add_all(
      counters(*registry_, "ebbgate_updates_total", "Updates that were answered, by outcome."),
      "outcome", kOutcomeLabels);
  pending_ = add_all(gauges(*registry_, "ebbgate_updates_pending",
                            "Updates that wait, by the closed gate with the latest end."),
                     "gate", kGateLabels);
  store_recoveries_ = add_all(counters(*registry_, "ebbgate_store_recoveries_total",
                                       "Times that the database was lost and begun anew."),
                              "reason", kRecoveryLabels);
  gauges(*registry_, "ebbgate_build_info", "Always 1; the labels tell the build.")
      .Add({{"version", build.version}, {"revision", build.revision}})
      .Set(1);
}

Catalogue::~Catalogue() = default;

void Catalogue::set_workloads(int level, double count) {
  const auto index = static_cast<std::size_t>(level);
  while (workloads_.size() <= index) {
    workloads_.push_back(&workloads_family_->Add({{"level", std::to_string(workloads_.size())}}));
  }
  workloads_[index]->Set(count);
}

Counter& Catalogue::suppressed(std::string_view gate) {
  return existing(suppressed_, gate);
}

Counter& Catalogue::updates(std::string_view outcome) {
  return existing(updates_, outcome);
}

Gauge& Catalogue::pending(std::string_view gate) {
  return existing(pending_, gate);
}

Counter& Catalogue::store_recoveries(std::string_view reason) {
  return existing(store_recoveries_, reason);
}

void Catalogue::set_pending_oldest(std::optional<WallTime> since) {
  if (!since) {
    if (pending_oldest_ != nullptr) pending_oldest_family_->Remove(pending_oldest_);
    pending_oldest_ = nullptr;
    return;
  }
  const double seconds = std::chrono::duration<double>(since->time_since_epoch()).count();
  // Created with its value: a scrape in between would see a 0.
  if (pending_oldest_ == nullptr) pending_oldest_ = &pending_oldest_family_->Add({}, seconds);
  pending_oldest_->Set(seconds);
}

}  // namespace ebbgate::metrics
