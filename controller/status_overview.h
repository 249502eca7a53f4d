#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "controller/observer.h"

namespace ebbgate {

/// What is told of all workloads together, without asking the loop for it.
class StatusOverview final : public Observer {
 public:
  struct Counts {
    std::uint64_t changes = 0;
    std::uint64_t coalesced = 0;
    std::array<std::uint64_t, 3> answers{};  ///< by Outcome
    std::array<std::uint64_t, governor::kGates> suppressed{};
    std::array<std::int64_t, governor::kGates> waiting{};
  };
  struct Seen {
    Counts counts;
    std::optional<governor::TokenBucket> bucket;  ///< absent before the first turn
    std::string degraded;                         ///< why; empty: it is not
  };

  void decided(Instant /*now*/, const governor::Decision& /*decision*/,
               const governor::Workload& /*workload*/, const std::string& /*detail*/) override {}
  void turned(Instant now, const governor::Governor& governor,
              const std::vector<governor::Handle>& touched) override EBBGATE_EXCLUDES(mutex_);
  void degraded(bool is_degraded, const std::string& why) override EBBGATE_EXCLUDES(mutex_);

  /// As of the last turn. Any thread; never waits for the loop.
  Seen seen() const EBBGATE_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  Seen seen_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate
