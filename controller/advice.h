#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/workload_key.h"
#include "controller/governor/failure_cause.h"
#include "controller/governor/gate.h"
#include "controller/governor/hold.h"
#include "metrics/status.h"

namespace ebbgate {

/// What is known of a workload when it is asked why it waits. Nothing here is prose that would have
/// to be read.
struct Situation final {
  WorkloadKey key;
  std::string state;                        ///< as governor::View has it
  std::vector<governor::ClosedGate> gates;  ///< the closed ones
  governor::Hold hold;
  std::string missing;  ///< what is missing, for people
  int level = 0;
  bool pending = false;      ///< an update is wanted: a change waits, or the last update failed
  bool due = false;          ///< when the next update goes out is known
  bool newer_waits = false;  ///< a change that the update in flight does not carry
  bool judged = false;       ///< somebody reports whether its rollouts become ready
  bool kubernetes = false;
  bool stopped = false;               ///< the budget lets nothing go: budget.rate is 0
  bool failing = false;               ///< its last update failed, and is tried again
  std::optional<FailureCause> cause;  ///< of that; absent: not known
  int failures = 0;                   ///< the same: in a row
  int absent = 0;                     ///< references of which there is nothing
  std::string unreadable;  ///< of what is neither file nor folder: what to do; empty: nothing is
  /// When it was updated last is not known: that counts from when it was first seen.
  bool past_unknown = false;
  std::string loss;          ///< as StateLoss tells it now; empty: nothing is lost
  std::string admin_socket;  ///< the path of the socket that `release` goes over; empty: off
  int process = 0;           ///< Ebbgate's own pid, as its host or container has it
};

/// What it waits for, and what to do about that: the one source of what commands and the status
/// page tell. Advice is about what is the matter now: a text names nothing that the workload has
/// not.
struct Advice final {
  std::string waits_for;  ///< a sentence; until when is View::next_update
  std::string to_do;      ///< a sentence
  std::vector<metrics::AdviceStatus> pieces;
};

Advice advice_for(const Situation& situation);

}  // namespace ebbgate
