#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/digest.h"
#include "controller/governor/fair_queue.h"
#include "controller/governor/gate.h"
#include "controller/governor/outcome.h"

namespace ebbgate::governor {

enum class Action : std::uint8_t {
  begin,     ///< prepare and commit the attempt, then call committed()
  recommit,  ///< commit the attempt again, for a newer content came; then call committed()
  send,      ///< the attempt goes out now, with `fingerprint`
  cancel,    ///< the attempt is called off between commit and send
  wait,      ///< a change begins to wait behind `gate`, until `until` if that is known
  coalesce,  ///< a change that no update has to carry
  forgive,   ///< the level became 0 after a rest
  answer,    ///< an update was answered, with `outcome`; refused: `until` is the next try
  ready,     ///< the last rollout became ready
  fail,      ///< the last rollout surely did not become ready; it holds no slot any more
  time_out,  ///< a slot was taken back from a rollout that took too long
  release,   ///< the level was set to 0 by hand
  forget,    ///< the workload is gone and forgiven: its row goes, its handle ends here
};

/// One thing that the Governor decided, in the order in which it decided. What the caller does
/// about begin, send, cancel and forget is its duty; the others are for logs, history and metrics.
struct Decision {
  Action action = Action::wait;
  Handle workload = 0;
  BootTime at;
  int level = 0;  ///< of the workload after the decision
  AttemptId attempt = 0;
  Digest fingerprint;  ///< of begin (as it looks now) and send
  std::optional<Gate> gate;
  std::optional<BootTime> until;
  Outcome outcome = Outcome::unknown;
  std::optional<FailureCause> cause;  ///< of an answer that is not applied
  /// send: since the first unsent change, if it carries one; answer: since it was sent.
  std::optional<Duration> delay;
};

}  // namespace ebbgate::governor
