#include "controller/reporter.h"

#include <limits>

#include "base/text.h"
#include "controller/records.h"

namespace ebbgate {

using governor::Action;

namespace {

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

void raise(prometheus::Counter& counter, std::uint64_t now, std::uint64_t before) {
  if (now > before) counter.Increment(static_cast<double>(now - before));
}

}  // namespace

Reporter::Reporter(Log& log, metrics::Catalogue& catalogue, metrics::WorkloadSeries& series)
    : log_(log), catalogue_(catalogue), series_(series) {}

void Reporter::decided(Instant now, const governor::Decision& decision,
                       const governor::Workload& workload, const std::string& detail) {
  const std::string name = workload.key.text();
  switch (decision.action) {
    case Action::wait:
      log_.info(
          "update waits",
          {{"workload", name},
           {"gate", std::string(name_of(*decision.gate))},
           {"backoff_level", decision.level},
           {"until", decision.until ? format_time(wall_time(now, *decision.until)) : "not known"}});
      break;
    case Action::send:
      if (decision.delay) catalogue_.update_delay.Observe(seconds(*decision.delay));
      log_.info("update sent",
                {{"workload", name},
                 {"backoff_level", decision.level},
                 {"fingerprint", decision.fingerprint.hex().substr(0, 12)},
                 {"delay_seconds", logged_seconds(decision.delay.value_or(Duration::zero()))}});
      break;
    case Action::answer:
      log_answer(now, decision, name, detail);
      break;
    case Action::cancel:
      log_.info("update called off before it was sent",
                {{"workload", name}, {"backoff_level", decision.level}});
      break;
    case Action::forgive:
      log_.info("level forgiven after a rest", {{"workload", name}});
      break;
    case Action::release:
      log_.info("released by hand", {{"workload", name}, {"backoff_level", decision.level}});
      break;
    case Action::ready:
      log_.info("rollout ready", {{"workload", name}, {"backoff_level", decision.level}});
      break;
    case Action::fail:
      log_.warn("rollout did not become ready in time; further updates wait longer until one does",
                {{"workload", name}, {"backoff_level", decision.level}, {"detail", detail}});
      break;
    case Action::time_out:
      log_.warn("rollout unfinished for too long; it no longer counts towards the cap",
                {{"workload", name}, {"backoff_level", decision.level}, {"detail", detail}});
      break;
    case Action::begin:
    case Action::recommit:
    case Action::coalesce:
    case Action::forget:
      log_.debug(decision.action == Action::begin      ? "update begun"
                 : decision.action == Action::recommit ? "update carries a newer content"
                 : decision.action == Action::coalesce ? "change coalesced"
                                                       : "workload forgotten",
                 {{"workload", name}, {"backoff_level", decision.level}});
      break;
  }
}

void Reporter::log_answer(Instant now, const governor::Decision& decision,
                          const std::string& workload, const std::string& detail) {
  const double took = logged_seconds(decision.delay.value_or(Duration::zero()));
  if (decision.delay) catalogue_.update_duration.Observe(seconds(*decision.delay));
  switch (decision.outcome) {
    case Outcome::applied:
      log_.info("update applied", {{"workload", workload},
                                   {"backoff_level", decision.level},
                                   {"took_seconds", took},
                                   {"detail", detail}});
      break;
    case Outcome::refused:
      log_.warn("update refused; it is tried again",
                {{"workload", workload},
                 {"backoff_level", decision.level},
                 {"until", format_time(wall_time(now, *decision.until))},
                 {"detail", detail}});
      break;
    case Outcome::unknown:
      log_.warn("update of unknown outcome; it is repeated after the delay",
                {{"workload", workload},
                 {"backoff_level", decision.level},
                 {"took_seconds", took},
                 {"detail", detail}});
      break;
  }
}

void Reporter::turned(Instant now, const governor::Governor& governor,
                      const std::vector<governor::Handle>& touched) {
  for (const governor::Handle handle : touched) {
    const governor::Workload& workload = governor.workload(handle);
    const auto current = governor.find(workload.key);
    if (current && *current != handle) continue;  // forgotten, and there again
    const bool known = current && !workload.gone;
    const governor::View view = governor.view(now, handle);
    const bool pending = workload.change_pending || !view.gates.empty() || view.failing != nullptr;
    if (known && (workload.memory.level > 0 || pending)) {
      const auto cause = view.failing != nullptr ? view.failing->cause : std::nullopt;
      series_.update(workload.key, workload.memory.level, view.next_update,
                     workload.at_highest_level ? metrics::Climb::ended : metrics::Climb::possible,
                     view.failing != nullptr ? metrics::Health::failing : metrics::Health::fine,
                     cause ? name_of(*cause) : std::string_view());
    } else {
      series_.erase(workload.key);
    }
  }
  publish(governor.totals());
  {
    const MutexLock lock(mutex_);
    bucket_ = governor.bucket();
  }
  refresh(now.boot);
  std::optional<WallTime> oldest;
  if (const auto since = governor.oldest_pending()) oldest = wall_time(now, *since);
  catalogue_.set_pending_oldest(oldest);
}

void Reporter::refresh(BootTime now) {
  const MutexLock lock(mutex_);
  const std::uint64_t dropped = log_.dropped();
  raise(catalogue_.log_lines_dropped, dropped, log_lines_dropped_);
  log_lines_dropped_ = dropped;
  if (!bucket_) return;
  const bool limited = bucket_->settings().rate.has_value();
  const double tokens = bucket_->stopped() ? 0 : bucket_->tokens(now);
  catalogue_.budget_tokens.Set(limited ? tokens : std::numeric_limits<double>::infinity());
  catalogue_.budget_burst_tokens.Set(bucket_->settings().burst);
}

void Reporter::publish(const governor::Totals& totals) {
  raise(catalogue_.changes, totals.changes, published_.changes);
  raise(catalogue_.coalesced, totals.coalesced, published_.coalesced);
  raise(catalogue_.rollouts_timed_out, totals.rollouts_timed_out, published_.rollouts_timed_out);
  for (std::size_t i = 0; i < governor::kGates; ++i) {
    const std::string_view gate = governor::kGateNames.at(i);
    if (i != index_of(governor::Gate::settle)) {
      raise(catalogue_.suppressed(gate), totals.suppressed.at(i), published_.suppressed.at(i));
    }
    if (totals.waiting.at(i) != published_.waiting.at(i)) {
      catalogue_.pending(gate).Set(static_cast<double>(totals.waiting.at(i)));
    }
  }
  for (std::size_t i = 0; i < totals.answers.size(); ++i) {
    raise(catalogue_.updates(metrics::kOutcomeLabels.at(i)), totals.answers.at(i),
          published_.answers.at(i));
  }
  for (std::size_t level = 0; level < totals.at_level.size(); ++level) {
    if (level >= published_.at_level.size() ||
        totals.at_level[level] != published_.at_level[level]) {
      catalogue_.set_workloads(static_cast<int>(level),
                               static_cast<double>(totals.at_level[level]));
    }
  }
  catalogue_.rollouts_unfinished.Set(totals.rollouts_unfinished);
  catalogue_.workloads_failing.Set(static_cast<double>(totals.failing));
  catalogue_.rollouts_failed.Set(static_cast<double>(totals.rollouts_failed));
  catalogue_.workloads_at_highest_level.Set(static_cast<double>(totals.at_highest_level));
  published_ = totals;
}

void Reporter::degraded(bool is_degraded, const std::string& why) {
  catalogue_.store_degraded.Set(is_degraded ? 1 : 0);
  if (is_degraded) {
    log_.error("the store is degraded; decisions go on from memory, and it is tried again",
               {{"reason", why}});
  } else {
    log_.info("the store works again");
  }
}

}  // namespace ebbgate
