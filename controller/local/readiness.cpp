#include "controller/local/readiness.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/unicode.h"

namespace ebbgate::local {

void Readiness::watch(const WorkloadKey& key, const LocalReadiness& settings) {
  forget(key);
  Watch& watch = watches_[key];
  watch.settings = settings;
  watch.deadline = BootClock::now() + settings.timeout;
  watch.next = BootClock::now() + settings.interval;
  run(key, watch);
}

void Readiness::pause(const WorkloadKey& key) {
  if (const auto found = watches_.find(key); found != watches_.end()) halt(found->second);
}

void Readiness::resume(const WorkloadKey& key) {
  const auto found = watches_.find(key);
  if (found == watches_.end()) return;
  halt(found->second);
  run(key, found->second);
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
  watch.deadline_timer = loop_.at(watch.deadline, [this, key] { expire(key); });
  watch.probe_timer = loop_.at(watch.next, [this, key] { probe(key); });
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
  watch.next = watch.begun + watch.settings.interval;
  const auto answered = [this, key, id](const Answer& answer) { probed(key, id, answer); };
  if (watch.settings.http) {
    watch.hook =
        runner_.request(key, UpdateRunner::Purpose::probe, *watch.settings.http, limit, answered);
    return;
  }
  CommandRequest request;
  request.arguments = watch.settings.exec;
  request.environment = {{"EBBGATE_WORKLOAD", key.text()}};
  request.prints = CommandPrints::answer;
  auto command = runner_.fork(key, UpdateRunner::Purpose::probe, request);
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
  watch.probe_timer =
      loop_.at(std::max(watch.next, BootClock::now()), [this, key] { this->probe(key); });
}

void Readiness::expire(const WorkloadKey& key) {
  const Watch& watch = watches_.at(key);
  const std::string why = "not ready within " + format_duration(watch.settings.timeout) +
                          "; last probe: " + hex_escaped(watch.last);
  log_(key.text() + ": " + why);
  forget(key);
  listener_.rolled_out(key, false, why);
}

}  // namespace ebbgate::local
