#pragma once

#include <functional>
#include <optional>
#include <string>

#include "storage/gathered.h"
#include "storage/state_store.h"
#include "tests/property/world/chance.h"
#include "tests/property/world/event_queue.h"
#include "tests/property/world/simulated_clock.h"
#include "tests/property/world/simulated_disk.h"

namespace ebbgate::property {

/// How the disk behaves until when; after that it is well again.
struct DiskTrouble {
  enum class Kind : std::uint8_t { none, hangs, fails } kind = Kind::none;
  TrueTime until{0};
  bool marks_work = true;  ///< the lock file can still be written
};

/// What the simulated process stands on. `touch` is called at every moment at which the process and
/// the outside meet: there it may die, by an exception.
struct Ground {
  SimulatedClock& clock;
  EventQueue& events;
  Chance& chance;
  std::function<void()> touch;
  bool instant = false;  ///< nothing takes any time
  Duration moment() const { return instant ? Duration::zero() : chance.moment(); }
};

/// The store of one process: what it has committed is on the disk, the rest dies with it.
class SimulatedStore final : public storage::StateStore {
 public:
  SimulatedStore(const Ground& ground, SimulatedDisk& disk, const DiskTrouble& trouble,
                 std::function<storage::StateStoreListener&()> listener)
      : ground_(ground), disk_(disk), trouble_(trouble), listener_(std::move(listener)) {}

  storage::Sequence submit(storage::Batch batch) override;
  void mark_lost() override;

  /// Everything submitted is on the disk and answered.
  bool idle() const { return committed_ == submitted_; }
  storage::Sequence submitted() const { return submitted_; }

 private:
  void start_commit();
  void finish_commit();
  void finish_mark(std::uint64_t mark);

  const Ground& ground_;
  SimulatedDisk& disk_;
  const DiskTrouble& trouble_;
  std::function<storage::StateStoreListener&()> listener_;
  storage::Gathered gathered_{storage::HistoryBounds{}};
  storage::Sequence submitted_ = 0;
  storage::Sequence committed_ = 0;
  bool committing_ = false;
  storage::Batch under_way_;
  storage::Sequence under_way_up_to_ = 0;
  std::uint64_t last_mark_ = 0;
  std::uint64_t withdrawn_mark_ = 0;
  std::optional<storage::Sequence> mark_ends_at_;
};

}  // namespace ebbgate::property
