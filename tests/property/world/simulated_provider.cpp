#include "tests/property/world/simulated_provider.h"

#include <algorithm>
#include <utility>

namespace ebbgate::property {

using namespace std::chrono_literals;

void SimulatedProvider::later(Duration delay, EventQueue::Act act) {
  ground_.events.at(ground_.clock.true_now() + delay, Owner::process, std::move(act));
}

void SimulatedProvider::recover(const WorkloadKey& key, const std::string& witness) {
  ground_.touch();
  if (witness == "command") witness_.kill(key);
}

void SimulatedProvider::prepare(const Attempt& attempt) {
  ground_.touch();
  WorldWorkload& workload = witness_.workload(attempt.key);
  Open open{attempt.key, Fate::applied, false, false};
  if (workload.fate_left > 0) {
    --workload.fate_left;
    open.fate = workload.fate;
  }
  open_[attempt.id] = open;
  witness_.begun(attempt.key);
  later(ground_.moment(), [this, id = attempt.id, is_command = workload.is_command] {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    if (found->second.fate == Fate::not_prepared) return answer(id, Outcome::refused, true);
    ground_.touch();
    found->second.prepared = true;
    if (found->second.fate == Fate::dies_waiting) {
      later(10ms, [this, id] {
        if (open_.count(id) > 0) answer(id, Outcome::refused, false);
      });
    }
    listener_.prepared(id, is_command ? "command" : "request");
  });
}

void SimulatedProvider::send(const Attempt& attempt, const Digest& fingerprint) {
  const auto found = open_.find(attempt.id);
  if (found == open_.end()) return;  // it died waiting
  ground_.touch();
  Open& open = found->second;
  open.sent = true;
  witness_.sent(open.key, fingerprint);
  const bool slow = open.fate == Fate::slow;
  const Duration effect = slow ? 2s : ground_.moment();
  const Duration end = effect + (slow ? 3s : ground_.moment());
  const TrueTime now = ground_.clock.true_now();
  const AttemptId id = attempt.id;
  switch (open.fate) {
    case Fate::applied:
    case Fate::slow:
      witness_.will_take_effect(open.key, now + effect);
      later(end, [this, id] { answer(id, Outcome::applied, false); });
      break;
    case Fate::unknown:
    case Fate::unknown_late:
      witness_.will_take_effect(open.key, now + (open.fate == Fate::unknown ? effect : end + 1h));
      later(end, [this, id] { answer(id, Outcome::unknown, false); });
      break;
    case Fate::unknown_nothing:
      later(end, [this, id] { answer(id, Outcome::unknown, false); });
      break;
    case Fate::refused:
    case Fate::dies_waiting:
      later(end, [this, id] { answer(id, Outcome::refused, false); });
      break;
    case Fate::not_sent:
    case Fate::not_prepared:
      later(end, [this, id] { answer(id, Outcome::refused, true); });
      break;
  }
  ground_.touch();
}

void SimulatedProvider::answer(AttemptId attempt, Outcome outcome, bool nothing_sent) {
  const auto found = open_.find(attempt);
  if (found == open_.end()) return;
  ground_.touch();
  const WorkloadKey key = found->second.key;
  open_.erase(found);
  // As its sender sees it, what takes effect late did so before its time was up.
  if (outcome != Outcome::refused) witness_.take_effect_now(key);
  witness_.answered(key, outcome);
  if (outcome == Outcome::applied) watch(key);
  Answer told;
  told.outcome = outcome;
  told.nothing_sent = nothing_sent;
  listener_.answered(attempt, told);
}

void SimulatedProvider::cancel(const Attempt& attempt) {
  if (open_.erase(attempt.id) == 0) return;
  ground_.touch();
  witness_.called_off(attempt.key);
}

void SimulatedProvider::watch_rollout(const WorkloadKey& key) {
  ground_.touch();
  watch(key);
}

void SimulatedProvider::watch(const WorkloadKey& key) {
  if (const auto before = watched_.find(key); before != watched_.end()) {
    ground_.events.cancel(before->second);
  }
  Duration takes = 1s;
  bool ready = true;
  switch (witness_.workload(key).readiness) {
    case Readiness::not_judged:
      return;
    case Readiness::quick:
      break;
    case Readiness::slow:
      takes = 90s;
      break;
    case Readiness::fails:
      takes = 30s;
      ready = false;
      break;
    case Readiness::never:
      takes = 1000h;
      break;
  }
  watched_[key] = ground_.events.at(ground_.clock.true_now() + takes, Owner::process,
                                    [this, key, ready] { roll_out(key, ready); });
}

void SimulatedProvider::roll_out(const WorkloadKey& key, bool ready) {
  if (ready) watched_.erase(key);
  ground_.touch();
  witness_.rolled_out(key, ready);
  listener_.rolled_out(key, ready, "");
}

void SimulatedProvider::all_get_ready() {
  for (const auto& [key, event] : std::exchange(watched_, {})) {
    ground_.events.cancel(event);
    later(1s, [this, key = key] { roll_out(key, true); });
  }
}

bool SimulatedProvider::preparing(const WorkloadKey& key) const {
  return std::any_of(open_.begin(), open_.end(),
                     [&](const auto& open) { return open.second.key == key && !open.second.sent; });
}

void SimulatedProvider::stop(Duration /*patience*/) {
  const std::map<AttemptId, Open> open = open_;
  for (const auto& [id, attempt] : open) {
    if (!attempt.sent) {
      cancel({id, attempt.key, 0});
    } else if (attempt.fate == Fate::refused || attempt.fate == Fate::not_sent ||
               attempt.fate == Fate::dies_waiting) {
      answer(id, Outcome::refused, false);
    } else {
      if (witness_.workload(attempt.key).is_command) witness_.kill(attempt.key);
      answer(id, Outcome::unknown, false);
    }
  }
}

}  // namespace ebbgate::property
