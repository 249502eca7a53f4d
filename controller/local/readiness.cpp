#include "controller/local/readiness.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/unicode.h"

namespace ebbgate::local {

void Readiness::watch(const WorkloadKey& key, const LocalReadiness& settings) {
  forget(key);
  run(key, watches_.try_emplace(key, settings, BootClock::now()).first->second);
}

void Readiness::pause(const WorkloadKey& key) {
  const auto found = watches_.find(key);
  if (found == watches_.end()) return;
  halt(found->second);
  found->second.paused = true;
}

void Readiness::resume(const WorkloadKey& key) {
  const auto found = watches_.find(key);
  if (found == watches_.end()) return;
  halt(found->second);
  run(key, found->second);
}

void Readiness::change(const WorkloadKey& key, const std::optional<LocalReadiness>& settings) {
  const auto found = watches_.find(key);
  if (found == watches_.end() || found->second.settings == settings) return;
  if (!settings) {
    forget(key);
    return;
  }
  Watch& watch = found->second;
  watch.settings = *settings;
  watch.schedule.change(settings->interval, settings->timeout, BootClock::now());
  if (watch.paused) return;
  halt(watch);
  run(key, watch);
}

void Readiness::forget(const WorkloadKey& key) {
  const auto found = watches_.find(key);
  if (found == watches_.end()) return;
  halt(found->second);
  watches_.erase(found);
}

void Readiness::forget_all() {
  for (auto& [key, watch] : watches_) halt(watch);
  watches_.clear();
}

void Readiness::run(const WorkloadKey& key, Watch& watch) {
  watch.paused = false;
  if (const auto deadline = watch.schedule.deadline())
    watch.deadline_timer = loop_.at(*deadline, [this, key] { expire(key); });
  watch.probe_timer = loop_.at(watch.schedule.next(), [this, key] { probe(key); });
}

void Readiness::halt(Watch& watch) {
  loop_.cancel(watch.deadline_timer);
  loop_.cancel(watch.probe_timer);
  watch.probe = 0;
  if (const auto command = std::exchange(watch.command, nullptr)) command->cancel();
  if (const auto hook = std::exchange(watch.hook, nullptr))
    hook->cut(FailureCause::interrupted, "not wanted any more");
}

void Readiness::probe(const WorkloadKey& key) {
  Watch& watch = watches_.at(key);
  const Duration limit = std::max<Duration>(watch.settings.interval, std::chrono::seconds(1));
  const std::uint64_t id = watch.probe = ++probes_made_;
  watch.begun = BootClock::now();
  watch.schedule.begin(watch.begun);
  const auto purpose =
      watch.schedule.given_up() ? UpdateRunner::Purpose::late_probe : UpdateRunner::Purpose::probe;
  const auto answered = [this, key, id](const Answer& answer) { probed(key, id, answer); };
  if (watch.settings.http) {
    watch.hook = runner_.request(key, purpose, *watch.settings.http, limit, answered);
    return;
  }
  CommandRequest request;
  request.arguments = watch.settings.exec;
  request.environment = {{"EBBGATE_WORKLOAD", key.text()}};
  request.prints = CommandPrints::answer;
  auto command = runner_.fork(key, purpose, request);
  if (const auto* failed = std::get_if<Answer>(&command)) {
    probed(key, id, *failed);
    return;
  }
  watch.command = std::get<std::shared_ptr<Command>>(command);
  watch.command->release(std::nullopt, limit, answered);
}

void Readiness::probed(const WorkloadKey& key, std::uint64_t probe, const Answer& answer) {
  const auto found = watches_.find(key);
  if (found == watches_.end() || found->second.probe != probe) return;
  Watch& watch = found->second;
  watch.probe = 0;
  watch.command.reset();
  watch.hook.reset();
  runner_.ended(key, UpdateRunner::Purpose::probe, answer, BootClock::now() - watch.begun);
  if (answer.outcome == Outcome::applied) {
    forget(key);
    listener_.rolled_out(key, true, "");
    return;
  }
  if (watch.last != answer.detail) listener_.not_ready_yet(key, "last probe: " + answer.detail);
  watch.last = answer.detail;
  watch.probe_timer = loop_.at(std::max(watch.schedule.next(), BootClock::now()),
                               [this, key] { this->probe(key); });
}

void Readiness::expire(const WorkloadKey& key) {
  Watch& watch = watches_.at(key);
  watch.schedule.give_up();
  const std::string why = "not ready within " + format_duration(watch.settings.timeout) +
                          "; last probe: " + hex_escaped(watch.last);
  log_(key.text() + ": " + why);
  listener_.rolled_out(key, false, why);
}

}  // namespace ebbgate::local
