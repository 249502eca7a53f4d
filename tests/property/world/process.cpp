#include <algorithm>

#include "tests/property/world/world.h"

namespace ebbgate::property {

namespace {

constexpr Duration kPatienceForCommits = std::chrono::milliseconds(500);
constexpr Duration kPatienceForStore = std::chrono::seconds(1);
constexpr int kHighestLevel = 64;

}  // namespace

void World::touch() {
  if (!controller_ || !death_ || death_->contacts-- > 0) return;
  throw ProcessDies{};
}

ControllerSettings World::settings() const {
  return {limits_of(limits_), policy_of(0), options_.unknown_level};
}

void World::start_process() {
  start_.reset();
  const TrueTime now = clock_.true_now();
  const storage::Loaded loaded = disk_.open(clock_.boot());
  const bool good = loaded.found == storage::Found::good;
  for (auto& [key, watched] : watched_) {
    // A request of the process before is as good as answered; a command died with it where there is
    // no state left to find it by.
    if (!watched.world.is_command) take_effect_now(key);
    if (watched.world.is_command && !good) kill(key);
    const auto row = std::find_if(loaded.rows.begin(), loaded.rows.end(),
                                  [&key = key](const auto& stored) { return stored.key == key; });
    watched.told.reset();
    watched.ledger.process_started(good, row == loaded.rows.end() ? nullptr : &*row);
    watched.patience.process_started(now, good, loaded.same_boot);
    if (loaded.found == storage::Found::fresh) watched.pace.wiped();
    if (loaded.found == storage::Found::lost) {
      watched.pace.state_lost(now, options_.unknown_level.value_or(kHighestLevel));
    } else if (!loaded.same_boot) {
      watched.pace.other_boot(now);
    }
  }
  listed_ = false;
  store_ = std::make_unique<SimulatedStore>(
      ground_, disk_, trouble_, [this]() -> storage::StateStoreListener& { return *this; });
  Witness& witness = *this;
  ProviderListener& listener = *this;
  Observer& observer = *this;
  provider_ = std::make_unique<SimulatedProvider>(ground_, witness, listener);
  controller_ = std::make_unique<Controller>(settings(), clock_, *store_, *provider_, observer,
                                             [this] { return chance_.fraction(); });
  controller_->begin(loaded);
  events_.at(now + ground_.moment(), Owner::process, [this] { first_list(); });
}

void World::first_list() {
  for (auto& [key, watched] : watched_) {
    if (watched.world.exists) {
      tell(watched);
    } else {
      watched.pace.listed_as_gone(clock_.true_now(), policy_of(0)->backoff());
      watched.ledger.gone();
    }
  }
  listed_ = true;
  listed();
}

// Does something that the process takes part in, which it may not survive.
bool World::survives(const std::function<void()>& act) {
  const Duration down = death_ ? death_->down : Duration::zero();
  try {
    act();
    return controller_ != nullptr;
  } catch (const ProcessDies&) {
    die(down);
    return false;
  }
}

void World::stop_process(Duration down) {
  bool alive = survives([&] {
    controller_->stop_deciding();
    controller_->turn();
  });
  const TrueTime deadline = clock_.true_now() + kPatienceForCommits;
  while (alive && controller_->starting() > 0 && round(deadline)) alive = controller_ != nullptr;
  alive = alive && survives([&] {
            provider_->stop(std::chrono::seconds(3));
            controller_->turn();
          });
  const TrueTime last = clock_.true_now() + kPatienceForStore;
  while (alive && !store_->idle() && round(last)) alive = controller_ != nullptr;
  if (alive) end_process(down);
}

// However it ends: what was not committed is gone, requests go on, commands until somebody notices.
void World::end_process(Duration down) {
  const TrueTime now = clock_.true_now();
  controller_.reset();
  provider_.reset();
  store_.reset();
  death_.reset();
  events_.process_died();
  for (auto& [key, watched] : watched_) {
    watched.pace.process_ended(now);
    watched.patience.process_ended();
    watched.ledger.process_ended();
  }
  start_ = events_.at(now + down, Owner::world, [this] { start_process(); });
}

void World::die(Duration down) {
  ++deaths_;
  end_process(down);
}

// One round of what the process and everybody else do at the next moment. False: nothing happens
// until `end`.
bool World::round(TrueTime end) {
  const auto moment = next_moment();
  if (!moment || *moment > end) return false;
  clock_.advance_to(*moment);
  const EventQueue::Id told_before = events_.last();
  survives([&] {
    while (events_.run_one(clock_.true_now(), told_before)) {
    }
    if (!controller_) return;
    controller_->turn();
    after_turn();
  });
  return true;
}

}  // namespace ebbgate::property
