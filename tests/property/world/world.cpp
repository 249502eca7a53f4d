#include "tests/property/world/world.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace ebbgate::property {

using namespace std::chrono_literals;

World::World(const History& history, const WorldOptions& options)
    : history_(history),
      options_(options),
      chance_(history.seed),
      ground_{clock_, events_, chance_, [this] { touch(); }, options.instant},
      limits_(options.limits) {
  for (int who = 0; who < kWorkloads + options.crowd; ++who) {
    WorldWorkload workload = workload_of(who);
    watched_[workload.key].world = workload;
  }
  start_process();
}

World::Watched& World::of(int who) {
  return watched_.at(workload_of(who).key);
}

int World::level(int who) const {
  if (!controller_) return 0;
  const auto handle = controller_->governor().find(workload_of(who).key);
  return handle ? controller_->governor().workload(*handle).memory.level : 0;
}

void World::break_promise(Promise promise, const std::string& how) {
  broken_.at(static_cast<std::size_t>(promise))
      .push_back("at " + format_duration(clock_.true_now()) + ": " + how);
}

std::optional<TrueTime> World::next_moment() const {
  std::optional<TrueTime> next = events_.next();
  if (controller_) {
    if (const auto turn = controller_->next_turn()) {
      const TrueTime at = std::max(clock_.true_time(*turn), clock_.true_now());
      next = next ? std::min(*next, at) : at;
    }
  }
  return next;
}

void World::run_until(TrueTime end) {
  while (round(end)) {
    rounds_at_moment_ = clock_.true_now() == last_moment_ ? rounds_at_moment_ + 1 : 0;
    last_moment_ = clock_.true_now();
    if (rounds_at_moment_ > 1000) {
      break_promise(Promise::accounting, "the controller never stops asking for a turn");
      return;
    }
  }
  clock_.advance_to(end);
}

void World::after_turn() {
  const governor::Governor& governor = controller_->governor();
  const governor::Totals& totals = governor.totals();
  std::uint64_t pending = 0;
  governor.for_each([&](governor::Handle handle) {
    if (governor.workload(handle).change_pending) ++pending;
  });
  if (totals.changes != totals.carried + totals.coalesced + totals.changes_pending ||
      totals.changes_pending != pending) {
    break_promise(Promise::accounting, std::to_string(totals.changes) + " changes, but " +
                                           std::to_string(totals.carried) + " carried, " +
                                           std::to_string(totals.coalesced) + " coalesced, " +
                                           std::to_string(pending) + " pending");
  }
  for (auto& [key, watched] : watched_) {
    const governor::Hold& hold = watched.world.hold;
    if (hold.until && !hold.active(clock_.now().wall)) {
      if (!watched.world.missing) watched.pace.unblocked(clock_.true_now());
    }
    if (!store_->idle() || provider_->preparing(key)) continue;
    watched.pace.durable();
    watched.patience.durable();
    watched.ledger.durable();
  }
}

// The process has heard something: it takes a turn at this moment.
void World::wake() {
  events_.at(clock_.true_now(), Owner::process, [] {});
}

// At once, or a moment later: then it may come in one round with anything else.
void World::hear_of(Watched& watched) {
  if (ground_.instant || chance_.below(2) == 0) return tell(watched);
  events_.at(clock_.true_now() + ground_.moment(), Owner::process, [this, &watched] {
    if (listed_ && watched.world.exists) tell(watched);
  });
}

void World::tell(Watched& watched) {
  const TrueTime now = clock_.true_now();
  const WorldWorkload& world = watched.world;
  const bool blocked = world.missing || world.hold.active(clock_.now().wall);
  watched.pace.told(now, policy_of(world.policy)->backoff(),
                    world.readiness != Readiness::not_judged, blocked);
  if (watched.ledger.is_gone()) watched.ledger.comes_back(watched.pace.level(now) == 0);
  if (!world.missing) {
    const Ledger::Seen seen = watched.ledger.observed(world.contents, world.adopt);
    if (seen.changed) watched.pace.changed(now);
    watched.pace.differs(now, seen.differs);
  }
  watched.told = observation_of(world);
  observed(*watched.told);
  wake();
}

void World::tell_gone(Watched& watched) {
  watched.pace.gone(clock_.true_now());
  watched.ledger.gone();
  watched.told.reset();
  gone(watched.world.key);
  wake();
}

Contents World::with_set(const Contents& before, int bits) {
  Contents contents;
  for (int reference = 0; reference < kReferences; ++reference) {
    if ((bits >> reference & 1) == 0) continue;
    const std::string name = "r" + std::to_string(reference);
    const auto known = before.find(name);
    contents[name] = known == before.end() ? 0 : known->second;
  }
  return contents;
}

void World::take(const Step& step) {
  survives([&] { carry_out(step); });
}

void World::carry_out(const Step& step) {
  Watched& watched = of(step.who);
  WorldWorkload& world = watched.world;
  const bool knows = controller_ && listed_;
  bool tells = false;
  switch (step.kind) {
    case Step::Kind::wait:
      run_for(wait_of(step.a));
      return;
    case Step::Kind::change: {
      const auto held = world.contents.find("r" + std::to_string(step.a));
      if (held == world.contents.end() || held->second == step.b) return;
      held->second = step.b;
      tells = true;
      break;
    }
    case Step::Kind::set:
      world.contents = with_set(world.contents, step.a);
      tells = true;
      break;
    case Step::Kind::plan:
      world.fate = static_cast<Fate>(step.a);
      world.fate_left = step.b + 1;
      return;
    case Step::Kind::readiness:
      world.readiness = static_cast<Readiness>(step.a);
      tells = true;
      break;
    case Step::Kind::die:
      if (controller_) death_ = Death{step.a, down_of(step.b)};
      return;
    case Step::Kind::lose:
      if (!controller_) return;
      die(down_of(step.b));
      disk_.lose_database();
      return;
    case Step::Kind::reboot:
      if (!controller_) return;
      die(down_of(step.b));
      events_.cancel(*start_);
      start_ = events_.at(clock_.true_now() + down_of(step.b), Owner::world, [this] {
        clock_.reboot();
        start_process();
      });
      return;
    case Step::Kind::stop:
      if (controller_) stop_process(down_of(step.b));
      return;
    case Step::Kind::wall:
      clock_.jump_wall(jump_of(step.a));
      return;
    case Step::Kind::disk:
      trouble_.kind = step.a % 2 == 1 ? DiskTrouble::Kind::fails : DiskTrouble::Kind::hangs;
      trouble_.until = clock_.true_now() + trouble_of(step.b);
      trouble_.marks_work = step.a < 2;
      return;
    case Step::Kind::hold:
      world.hold = {step.a != 0, std::nullopt};
      if (step.a == 2) {
        world.hold.until = clock_.now().wall +
                           std::chrono::duration_cast<std::chrono::milliseconds>(hold_of(step.b));
      }
      tells = true;
      break;
    case Step::Kind::missing:
      world.missing = step.a == 1;
      tells = true;
      break;
    case Step::Kind::release:
      if (!knows || !world.exists) return;
      watched.pace.released(clock_.true_now());
      controller_->release(world.key);
      wake();
      return;
    case Step::Kind::policy:
      world.policy = step.a;
      tells = true;
      break;
    case Step::Kind::limits:
      limits_ = step.a;
      if (controller_) controller_->configure(settings());
      if (controller_) wake();
      return;
    case Step::Kind::remove:
      if (!world.exists) return;
      world.exists = false;
      if (knows) tell_gone(watched);
      return;
    case Step::Kind::give_back:
      if (world.exists) return;
      world.exists = true;
      tells = true;
      break;
    case Step::Kind::resync:
      resync();
      return;
  }
  if (tells && knows && world.exists) hear_of(watched);
}

// Whatever is observed again as it was must leave no trace.
void World::resync() {
  run_for(0s);
  if (!controller_ || !listed_) return;
  death_.reset();
  const governor::Governor& governor = controller_->governor();
  std::map<WorkloadKey, governor::Memory> before;
  governor.for_each([&](governor::Handle handle) {
    before[governor.workload(handle).key] = governor.memory(handle);
  });
  const auto next_turn = controller_->next_turn();
  const storage::Sequence submitted = store_->submitted();
  const std::size_t decisions = decisions_;
  for (auto& [key, watched] : watched_) {
    if (watched.told && watched.world.exists) observed(*watched.told);
  }
  controller_->turn();
  if (store_->submitted() != submitted) {
    break_promise(Promise::no_change_no_level, "a resync wrote to the store");
  }
  if (decisions_ != decisions) {
    break_promise(Promise::no_change_no_level, "a resync led to a decision");
  }
  if (controller_->next_turn() != next_turn) {
    break_promise(Promise::no_change_no_level, "a resync moved a deadline");
  }
  governor.for_each([&](governor::Handle handle) {
    if (before[governor.workload(handle).key] != governor.memory(handle)) {
      break_promise(Promise::no_change_no_level,
                    governor.workload(handle).key.text() + " was changed by a resync");
    }
  });
}

void World::decided(Instant /*now*/, const governor::Decision& /*decision*/,
                    const governor::Workload& /*workload*/, const std::string& /*detail*/) {
  ++decisions_;
}

void World::turned(Instant /*now*/, const governor::Governor& /*governor*/,
                   const std::vector<governor::Handle>& /*touched*/) {}

void World::degraded(bool /*is_degraded*/, const std::string& /*why*/) {}

void World::run() {
  for (const Step& step : history_.steps) take(step);
  rest();
}

void World::rest() {
  constexpr Duration kSmallThings = 20s;  // settling, preparing, committing, taking effect
  death_.reset();
  trouble_ = {};
  if (limits_ == 5) take({Step::Kind::limits, 0, 2, 0});
  if (!controller_) {
    run_until(*events_.next());
    while (!controller_) run_until(*events_.next());
  }
  run_for(1s);
  for (auto& [key, watched] : watched_) {
    WorldWorkload& world = watched.world;
    world.fate_left = 0;
    world.hold = {};
    world.missing = false;
    if (world.readiness != Readiness::not_judged) world.readiness = Readiness::quick;
    if (world.exists) tell(watched);
  }
  provider_->all_get_ready();
  const TrueTime now = clock_.true_now();
  const governor::Limits limits = limits_of(limits_);
  const bool capped = limits.unfinished.max || limits.unfinished.per_namespace;
  const double tokens = limits.budget.rate ? 2 * kWorkloads / *limits.budget.rate : 0;
  const Duration shared =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(tokens)) +
      (capped ? kWorkloads * limits.unfinished.timeout : Duration::zero());
  std::multimap<TrueTime, Watched*> due;
  for (auto& [key, watched] : watched_) {
    if (!watched.world.exists) continue;
    const bool judged = watched.world.readiness != Readiness::not_judged;
    const governor::BackoffSettings& backoff = policy_of(watched.world.policy)->backoff();
    due.emplace(watched.patience.latest(now, backoff, judged) + kSmallThings + shared, &watched);
  }
  for (const auto& [when, watched] : due) {
    run_until(when);
    if (!watched->ledger.has(watched->world.contents)) {
      break_promise(Promise::convergence, watched->world.key.text() +
                                              " does not have the latest, " +
                                              format_duration(when - now) + " after all rested");
    }
  }
  run_for(30min);
  if (const auto pending = controller_->governor().totals().changes_pending) {
    break_promise(Promise::convergence, std::to_string(pending) + " changes are still pending");
  }
  controller_->governor().for_each([&](governor::Handle handle) {
    const governor::Workload& left = controller_->governor().workload(handle);
    if (left.memory.level != 0) {
      break_promise(Promise::convergence, left.key.text() + " is not forgiven");
    }
  });
  if (controller_->degraded()) break_promise(Promise::convergence, "the store is still degraded");
}

}  // namespace ebbgate::property
