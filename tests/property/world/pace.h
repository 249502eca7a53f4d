#pragma once

#include <optional>
#include <string>

#include "controller/governor/policy.h"
#include "tests/property/world/simulated_clock.h"

namespace ebbgate::property {

/// What the promise of spacing demands of one workload, counted from what its receiver saw and from
/// the rules of forgiving alone. Where the rules leave room (a crash may or may not lose something)
/// it takes the side that demands less, so that whatever it finds is a broken promise.
class Pace {
 public:
  /// The process knows the workload under this policy from now on. Also when it is known already.
  void told(TrueTime now, const governor::BackoffSettings& backoff, bool judged, bool blocked);
  void gone(TrueTime now);
  /// Its hold ended by itself.
  void unblocked(TrueTime now) { unblock(now); }
  /// Its configuration changed, in the eyes of the process, and differs now (or not) from applied.
  void changed(TrueTime now) { activity_ = now; }
  void differs(TrueTime now, bool differs);

  void begun(TrueTime now);
  void called_off(TrueTime now);
  /// `repeat`: of what the workload has already, since no answer told that.
  void sent(TrueTime now, bool repeat);
  /// It took effect; a complaint if that is too early.
  std::optional<std::string> effect(TrueTime now);
  void applied(TrueTime now);
  void unknown(TrueTime now);
  void refused(TrueTime now);
  void ready(TrueTime now);
  void released(TrueTime now);

  /// All that the process knows of it is on the disk.
  void durable() { durable_activity_ = activity_; }
  void process_ended(TrueTime now);
  /// A new process on another boot, or without the database.
  void other_boot(TrueTime now);
  void state_lost(TrueTime now, int level);
  void wiped();
  /// Stored, but not listed: it goes on under the policy of all.
  void listed_as_gone(TrueTime now, const governor::BackoffSettings& backoff);

  /// The least level that it has.
  int level(TrueTime now);
  bool in_flight() const { return in_flight_; }

 private:
  Duration cap() const { return healthy_ ? backoff_.max : backoff_.unhealthy_max; }
  void forgive_if_due(TrueTime now);
  void lower_level();
  void unblock(TrueTime now);

  governor::BackoffSettings backoff_;
  bool judged_ = false;
  bool gone_ = false;
  bool differs_ = false;
  bool in_flight_ = false;
  bool released_in_flight_ = false;
  bool healthy_ = true;
  bool unknown_ = false;
  int level_ = 0;
  int raised_level_ = 0;  // once the attempt in flight counts
  std::optional<int> lost_level_;
  std::optional<TrueTime> last_effect_;
  Duration demanded_{0};  // of the attempt in flight
  TrueTime activity_{0};  // the later of the last change and the last update
  TrueTime durable_activity_{0};
  std::optional<TrueTime> blocked_since_;
};

/// min(base·factor^(level−1), cap), and 0 at level 0.
Duration delay_of(const governor::BackoffSettings& backoff, int level, Duration cap);
/// The smallest level whose delay reaches `target`.
int level_reaching(const governor::BackoffSettings& backoff, Duration target);

}  // namespace ebbgate::property
