#include "tests/property/world/world.h"

namespace ebbgate::property {

void World::begun(const WorkloadKey& key) {
  Watched& watched = of(key);
  watched.pace.begun(clock_.true_now());
  watched.patience.begun();
  watched.ledger.begun();
}

void World::called_off(const WorkloadKey& key) {
  Watched& watched = of(key);
  watched.pace.called_off(clock_.true_now());
  watched.patience.called_off(clock_.true_now());
  watched.ledger.called_off();
}

void World::sent(const WorkloadKey& key, const Digest& fingerprint) {
  Watched& watched = of(key);
  const auto& newest = watched.ledger.seen();
  watched.pace.sent(clock_.true_now(), newest && watched.ledger.has(*newest));
  if (!newest || fingerprint_of(*references_of(*newest)) != fingerprint) {
    break_promise(Promise::latest_wins, key.text() + " was sent what is not the newest");
  }
  if (const auto complaint = watched.ledger.sent()) {
    break_promise(Promise::nothing_for_nothing, key.text() + ": " + *complaint);
  }
  sent_.push_back({key, clock_.true_now(), newest.value_or(Contents{})});
}

void World::will_take_effect(const WorkloadKey& key, TrueTime at) {
  Watched& watched = of(key);
  watched.effect = events_.at(at, Owner::world, [this, &watched] {
    take_effect(watched);
    touch();
  });
}

void World::take_effect(Watched& watched) {
  watched.effect.reset();
  ++updates_;
  watched.ledger.effect();
  if (const auto complaint = watched.pace.effect(clock_.true_now())) {
    break_promise(Promise::spacing, watched.world.key.text() + ": " + *complaint);
  }
}

void World::take_effect_now(const WorkloadKey& key) {
  Watched& watched = of(key);
  if (!watched.effect) return;
  events_.cancel(*watched.effect);
  take_effect(watched);
}

void World::kill(const WorkloadKey& key) {
  Watched& watched = of(key);
  if (watched.effect) events_.cancel(*watched.effect);
  watched.effect.reset();
}

void World::answered(const WorkloadKey& key, Outcome outcome) {
  Watched& watched = of(key);
  const TrueTime now = clock_.true_now();
  switch (outcome) {
    case Outcome::applied:
      watched.pace.applied(now);
      watched.patience.applied(now, watched.world.readiness != Readiness::not_judged);
      watched.ledger.applied();
      break;
    case Outcome::unknown:
      watched.pace.unknown(now);
      watched.patience.unknown(now);
      watched.ledger.unknown();
      break;
    case Outcome::refused:
      watched.pace.refused(now);
      watched.patience.refused(now);
      watched.ledger.refused();
      break;
  }
  watched.pace.differs(now, watched.ledger.seen() && !watched.ledger.has(*watched.ledger.seen()));
}

void World::rolled_out(const WorkloadKey& key, bool ready) {
  if (ready) of(key).pace.ready(clock_.true_now());
}

}  // namespace ebbgate::property
