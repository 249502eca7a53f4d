#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/workload_key.h"
#include "controller/governor/deadline_heap.h"
#include "controller/governor/decision.h"
#include "controller/governor/fair_queue.h"
#include "controller/governor/gate.h"
#include "controller/governor/hold.h"
#include "controller/governor/limits.h"
#include "controller/governor/memory.h"
#include "controller/governor/outcome.h"
#include "controller/governor/policy.h"
#include "controller/governor/token_bucket.h"
#include "controller/governor/workload.h"

namespace ebbgate::governor {

/// The limits that all workloads share.
struct Limits final {
  BudgetSettings budget;
  UnfinishedSettings unfinished;
  RetrySettings retry;
};

/// Counts over all workloads. Counters since the start: changes = carried + coalesced + pending, at
/// any moment.
struct Totals final {
  std::uint64_t changes = 0;
  std::uint64_t carried = 0;
  std::uint64_t coalesced = 0;
  std::array<std::uint64_t, kGates> suppressed{};
  std::array<std::uint64_t, 3> answers{};  ///< by Outcome
  std::uint64_t rollouts_timed_out = 0;
  // As of now:
  std::uint64_t changes_pending = 0;
  std::array<std::int64_t, kGates>
      waiting{};                       ///< updates that wait, by the gate with the latest end
  std::vector<std::int64_t> at_level;  ///< workloads by level, up to the highest in use so far
  std::int64_t at_highest_level = 0;   ///< workloads at L(max) or above
  int rollouts_unfinished = 0;
  std::int64_t rollouts_failed = 0;  ///< workloads whose last rollout was given up
  std::int64_t failing = 0;          ///< workloads whose last attempt failed
};

/// What people are told of a workload.
struct View {
  /// held, missing, updating, failing, waiting, unhealthy, rolling, idle: the first that holds
  std::string_view state;
  /// Closed ones, while an update is wanted; those that all share only once the others are open.
  GateList gates;
  std::optional<BootTime> next_update;  ///< when it is known
  /// Since the first unsent change, or the first failure of those in a row.
  std::optional<BootTime> pending_since;
  const Failing* failing = nullptr;  ///< null: it is not; the Governor's, until its next change
};

/// Decides when an update may go (semantics, section 1): a pure state machine. Time and randomness
/// are handed in; it does no I/O and knows no provider. What it decides it appends to its
/// decisions, which the caller takes after each round of events and turn().
///
/// Not thread-safe: one thread owns it. Time must not run backwards between calls.
class Governor {
 public:
  /// `random` gives numbers in [0, 1), for jitter. The bucket starts with `tokens` at `now`.
  Governor(const Limits& limits, double tokens, BootTime now, std::function<double()> random);

  // Workloads. A handle is valid from add() until release_handles() after its `forget` decision.

  /// A workload with what is remembered of it. A key that is still known (gone, not forgiven) comes
  /// back with its own memory, and `memory` is ignored.
  Handle add(Instant now, const WorkloadKey& key, std::shared_ptr<const Policy> policy, bool judged,
             const Memory& memory);
  /// The workload exists no more; its level lives on until it is forgiven.
  void remove(Instant now, Handle handle);
  std::optional<Handle> find(const WorkloadKey& key) const;

  // Events.

  /// What the configuration says now. The same again is free and changes nothing.
  void desire(Instant now, Handle handle, const Digest& fingerprint);
  /// The set of references changed: each fingerprint in use gets its equivalent over the new set.
  /// This alone is no change.
  void translate(Instant now, Handle handle,
                 const std::function<Digest(const Digest&)>& equivalent);
  /// The workload is found to have taken on `fingerprint`, by no update of ours: what it has from
  /// now on. A change that waits for nothing else any more is coalesced.
  void adopt(Instant now, Handle handle, const Digest& fingerprint);
  /// An update is found to have been made at `level` that was not known to be: it counts as
  /// answered now. `applied` is what the workload took on by it, if that can be told.
  void found(Instant now, Handle handle, int level, const std::optional<Digest>& applied);
  /// What the workload runs with cannot be told any more: one update is wanted.
  void mistrust(Instant now, Handle handle);
  /// Why the workload must wait for its configuration; empty: it need not.
  void set_missing(Instant now, Handle handle, const std::string& reason);
  void set_hold(Instant now, Handle handle, const Hold& hold);
  void set_policy(Instant now, Handle handle, std::shared_ptr<const Policy> policy, bool judged);
  void configure(Instant now, const Limits& limits);
  /// What is known of the bucket from before a restart: its tokens at `at`.
  void set_tokens(double tokens, BootTime at) { bucket_ = TokenBucket(limits_.budget, tokens, at); }
  void release(Instant now, Handle handle);
  /// The commit of a begun attempt was answered (or need not be waited for): a last look, then
  /// `send` or `cancel` is decided at once; or `recommit`, at most once an attempt.
  void committed(Instant now, Handle handle, AttemptId attempt);
  void answered(Instant now, Handle handle, AttemptId attempt, const Answer& answer);
  void rolled_out(Instant now, Handle handle, bool ready);
  /// Decisions may begin (everything was listed once), or must end (no longer leading).
  void set_deciding(Instant now, bool deciding);

  /// Fires what is due and hands out tokens.
  void turn(Instant now);
  /// When turn() has something to do next; nothing: only after an event.
  std::optional<BootTime> next_turn(BootTime now) const;

  // What came of it.

  /// Everything decided since the last call.
  std::vector<Decision> take_decisions();
  /// Gives free the handles of workloads that were forgotten; call it when all that was taken has
  /// been dealt with.
  void release_handles();
  /// Workloads whose memory changed since the last call and must be written.
  std::vector<Handle> take_dirty();
  /// Workloads that anything happened to since the last call.
  std::vector<Handle> take_touched();

  bool contains(Handle handle) const;
  const Workload& workload(Handle handle) const { return *workloads_[handle]; }
  /// What is to be stored of a workload.
  Memory memory(Handle handle) const;
  View view(Instant now, Handle handle) const;
  /// When the first of the changes and failures was seen that wait; hold and missing excepted.
  std::optional<BootTime> oldest_pending() const;
  const Totals& totals() const { return totals_; }
  const TokenBucket& bucket() const { return bucket_; }
  std::size_t size() const { return by_key_.size(); }
  /// Calls `each` with every handle, in no order.
  void for_each(const std::function<void(Handle)>& each) const;

 private:
  struct KeyHash {
    std::size_t operator()(const WorkloadKey* key) const { return std::hash<WorkloadKey>()(*key); }
  };
  struct KeyEqual {
    bool operator()(const WorkloadKey* left, const WorkloadKey* right) const {
      return *left == *right;
    }
  };

  Workload& at(Handle handle) { return *workloads_[handle]; }

  // Levels and health (levels.cpp).
  static int highest_level(const Workload& w);
  static bool unhealthy(const Workload& w) { return w.memory.rollout != Rollout::ready; }
  void lower_to_highest(Handle handle);
  void trust_unjudged(Handle handle);
  bool times_out(const Workload& w) const;
  void raise_forgive_not_before(Handle handle);
  bool resting(const Workload& w) const;
  static BootTime forgive_at(const Workload& w);
  void pause_rest(Instant now, Handle handle);

  // Changes (changes.cpp).
  static std::optional<Digest> reference(const Workload& w);
  static bool wants_update(const Workload& w);
  static bool failing(const Workload& w);
  static std::optional<BootTime> pending_since(const Workload& w);
  void keep_change(Handle handle, BootTime first_change);
  void count_coalesced(Instant now, Handle handle);
  void coalesce_pending(Instant now, Handle handle);
  void classify(Instant now, Handle handle);
  void found_up_to_date(Instant now, Handle handle, bool wanted);

  // Gates (gates.cpp).
  static BootTime settle_end(const Workload& w);
  static BootTime backoff_end(const Workload& w);
  static BootTime health_end(const Workload& w);
  static BootTime timed_gates_end(const Workload& w);
  static bool blocked(Instant now, const Workload& w);
  GateList closed_gates(Instant now, const Workload& w) const;
  GateList told_gates(Instant now, const Workload& w) const;
  static std::optional<ClosedGate> latest(const GateList& gates, bool with_settle);

  // Attempts (attempts.cpp).
  static bool is_repeat(const Workload& w);
  void forget_tried(Handle handle);
  void count_failure(Instant now, Handle handle, std::optional<FailureCause> cause);
  void begin(Instant now, Handle handle);
  void restore(Handle handle);
  void return_change(Instant now, Handle handle);
  void apply_release(Instant now, Handle handle);

  // The rounds (governor.cpp).
  void evaluate(Instant now, Handle handle);
  void place_in_queue(Instant now, Handle handle);
  void serve(Instant now);
  void account(Instant now, Handle handle);
  std::optional<BootTime> deadline(Instant now, const Workload& w) const;
  void forget(Instant now, Handle handle);
  void touch(Handle handle);
  void mark_dirty(Handle handle);
  Decision& decide(Instant now, Handle handle, Action action);

  Limits limits_;
  TokenBucket bucket_;
  std::function<double()> random_;
  bool deciding_ = false;
  AttemptId last_attempt_ = 0;

  std::vector<std::unique_ptr<Workload>> workloads_;  // by handle; null: free
  std::vector<Handle> free_;
  std::unordered_map<const WorkloadKey*, Handle, KeyHash, KeyEqual> by_key_;  // keys of workloads_
  FairQueue queue_;
  DeadlineHeap deadlines_;
  DeadlineHeap pending_since_;

  std::vector<Decision> decisions_;
  std::vector<Handle> dirty_;
  std::vector<Handle> touched_;
  std::vector<Handle> after_serve_;  // to be looked at once the tokens of this turn are given out
  std::vector<Handle> forgotten_;    // to be freed by release_handles()
  Totals totals_;
};

}  // namespace ebbgate::governor
