#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/digest.h"
#include "base/workload_key.h"
#include "controller/governor/fair_queue.h"
#include "controller/governor/gate.h"
#include "controller/governor/hold.h"
#include "controller/governor/memory.h"
#include "controller/governor/outcome.h"
#include "controller/governor/policy.h"

namespace ebbgate::governor {

enum class Phase : std::uint8_t {
  idle,
  starting,   ///< begun: being prepared and committed
  in_flight,  ///< sent, not answered
};

/// What a refused or cancelled attempt restores.
struct BeforeAttempt {
  int level = 0;
  std::optional<BootTime> answered_at;
  std::optional<BootTime> forgive_not_before;
  std::optional<Digest> applied;
  Rollout rollout = Rollout::ready;
  std::optional<Digest> tried;
  int repeats = 0;
  BootTime rest_began;
};

/// One workload's state inside the Governor, which alone changes it.
struct Workload {
  WorkloadKey key;
  std::shared_ptr<const Policy> policy;
  Memory memory;
  std::optional<Digest> desired;  // absent until first told
  Hold hold;
  std::string missing;  // why it waits for its configuration; empty: it need not
  bool judged = false;
  bool gone = false;

  // The unsent change, if there is one.
  bool change_pending = false;
  bool change_classified = false;  // counted as suppressed or not
  bool wait_told = false;
  std::optional<ClosedGate> last_wait_told;  // since the last update was sent
  bool released = false;                     // settle stands open for the pending change
  BootTime first_change;
  BootTime last_change;

  // The attempt under way, if there is one.
  Phase phase = Phase::idle;
  AttemptId attempt = 0;
  BeforeAttempt before;
  Digest sent;
  BootTime sent_at;
  BootTime sent_first_change;
  bool carries_change = false;
  bool release_after_answer = false;
  bool repeat = false;     ///< the attempt began as a repeat, which raised no level
  bool overtaken = false;  ///< another update was found before this one was sent

  int refusals = 0;  // in a row
  BootTime retry_at;

  // Rest, on whose length forgiving depends.
  BootTime rest_began;
  std::optional<BootTime> rest_paused_at;
  BootTime forgive_floor;  // from before a restart
  BootTime blocked_until;  // when a hold or a missing reference last ended

  std::uint64_t changes = 0;
  std::uint64_t updates = 0;
  std::uint64_t suppressed = 0;
  std::uint64_t coalesced = 0;

  // Where this workload is accounted for.
  NamespaceId namespace_id = 0;
  std::optional<FairQueue::Entry> queued;
  bool holds_slot = false;
  bool dirty = false;
  bool touched = false;
  bool after_serve = false;
  bool at_highest_level = false;
  bool rollout_failed = false;
  bool counted_failing = false;
  int counted_level = -1;  // none yet
  std::optional<Gate> counted_gate;
};

}  // namespace ebbgate::governor
