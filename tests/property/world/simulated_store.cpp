#include "tests/property/world/simulated_store.h"

#include <algorithm>
#include <utility>

namespace ebbgate::property {

namespace {

constexpr Duration kRetryPause = std::chrono::milliseconds(100);
constexpr Duration kMarkLimit = std::chrono::seconds(1);

}  // namespace

storage::Sequence SimulatedStore::submit(storage::Batch batch) {
  ground_.touch();
  gathered_.add(std::move(batch));
  ++submitted_;
  if (!committing_) {
    committing_ = true;
    ground_.events.at(ground_.clock.true_now(), Owner::process, [this] { start_commit(); });
  }
  ground_.touch();
  return submitted_;
}

void SimulatedStore::start_commit() {
  under_way_ = gathered_.take();
  under_way_up_to_ = submitted_;
  TrueTime end = ground_.clock.true_now() + ground_.moment();
  if (trouble_.kind == DiskTrouble::Kind::hangs) end = std::max(end, trouble_.until);
  ground_.events.at(end, Owner::process, [this] { finish_commit(); });
}

void SimulatedStore::finish_commit() {
  const TrueTime now = ground_.clock.true_now();
  if (trouble_.kind == DiskTrouble::Kind::hangs && now < trouble_.until) {
    ground_.events.at(trouble_.until, Owner::process, [this] { finish_commit(); });
    return;
  }
  if (trouble_.kind == DiskTrouble::Kind::fails && now < trouble_.until) {
    storage::Batch newer = gathered_.take();
    gathered_.add(std::move(under_way_));
    gathered_.add(std::move(newer));
    ground_.events.at(now + kRetryPause, Owner::process, [this] { start_commit(); });
    listener_().commit_failed("the simulated disk is full");
    return;
  }
  disk_.write(under_way_, ground_.clock.boot());
  if (!mark_ends_at_) mark_ends_at_ = submitted_;
  if (under_way_up_to_ >= *mark_ends_at_) {
    withdrawn_mark_ = last_mark_;
    disk_.mark(false);
  }
  ground_.touch();
  committed_ = under_way_up_to_;
  committing_ = committed_ < submitted_;
  if (committing_) ground_.events.at(now, Owner::process, [this] { start_commit(); });
  ground_.events.at(now + ground_.moment(), Owner::process, [this, sequence = under_way_up_to_] {
    ground_.touch();
    listener_().committed(sequence);
  });
}

void SimulatedStore::mark_lost() {
  ground_.touch();
  const std::uint64_t mark = ++last_mark_;
  mark_ends_at_.reset();
  const Duration takes = trouble_.marks_work ? ground_.moment() : kMarkLimit;
  ground_.events.at(ground_.clock.true_now() + takes, Owner::process,
                    [this, mark] { finish_mark(mark); });
}

void SimulatedStore::finish_mark(std::uint64_t mark) {
  const bool durable = mark > withdrawn_mark_ && trouble_.marks_work;
  if (durable) disk_.mark(true);
  ground_.touch();
  listener_().marked_lost(durable);
}

}  // namespace ebbgate::property
