#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/workload_key.h"
#include "controller/durability.h"
#include "controller/governor/governor.h"
#include "controller/observer.h"
#include "controller/provider.h"
#include "storage/records.h"
#include "storage/state_store.h"

namespace ebbgate {

/// What the Controller needs to know of the configuration.
struct ControllerSettings final {
  governor::Limits limits;
  std::shared_ptr<const governor::Policy> policy;  ///< of stored workloads until they are seen
  std::optional<int> unknown_level;                ///< absent: the highest
};

/// What the Controller keeps beside the Governor's state of a workload.
struct WorkloadRecord {
  References desired;         ///< null until first told
  References applied;         ///< what the applied fingerprint stands for; null while unknown
  References sent;            ///< the same of the update in flight
  std::uint64_t counter = 0;  ///< of updates, where the workload carries it
  std::string incarnation;    ///< of the workload that this is known of
  std::string revision;       ///< the same
  std::optional<Remembered> remembered;  ///< as the provider was last told
  bool adopt = true;                     ///< at first sight of its references
  bool preparing = false;
  std::string witness;
  storage::LastOutcome last_outcome = storage::LastOutcome::none;
  std::optional<WallTime> last_update;
  bool made_up = false;       ///< when it was updated last was not known, and counts from a start
  std::string last_error;     ///< of the last attempt, if that failed; bounded
  std::string not_ready;      ///< what was found last of a rollout that is not ready; bounded
  std::string rollout_error;  ///< why the last rollout counts as failed; bounded

  /// Whether it is not known when it was updated last. What never was has no level to ask about.
  bool past_unknown() const { return made_up || !last_update; }
  /// Of one whose last rollout counts as failed; empty: not known.
  const std::string& why_not_ready() const {
    return rollout_error.empty() ? not_ready : rollout_error;
  }
};

/// The whole controller but for its thread: takes events, lets the Governor decide, and carries out
/// what it decides through a clock, a store, a provider and an observer that are handed in. So it
/// runs in production under a Loop, and in tests on a simulated world, in one thread.
///
/// An update is committed before it is sent: begin → Provider::prepare → one commit that holds the
/// attempt and the provider's witness → a last look → Provider::send (semantics, sections 1 to 3).
///
/// Not thread-safe; whoever owns it calls turn() after every round of events, and when next_turn()
/// says. References must outlive it.
class Controller {
 public:
  Controller(const ControllerSettings& settings, const Clock& clock, storage::StateStore& store,
             Provider& provider, Observer& observer, std::function<double()> random);

  /// Takes up what was stored: attempts of a process that died count as unknown, answered now, and
  /// that is committed before anything is decided. Call once, first.
  void begin(const storage::Loaded& loaded);

  // What the provider says.
  void observed(const Observation& observation);
  void gone(const WorkloadKey& key);
  void listed();
  void prepared(AttemptId attempt, const std::string& witness);
  void answered(AttemptId attempt, const Answer& answer);
  void rolled_out(const WorkloadKey& key, bool ready, const std::string& why = "");
  void not_ready_yet(const WorkloadKey& key, const std::string& found);

  // What the store says.
  void committed(storage::Sequence sequence);
  void commit_failed(const std::string& error);
  void marked_lost(bool durable);

  // What people say.
  /// False: there is no such workload.
  bool release(const WorkloadKey& key);
  void configure(const ControllerSettings& settings);

  /// A term of leading begins, `before` being the last one before it of anybody, or the same where
  /// it goes on after a restart. The bucket is known where that was ours, as is stored, and in a
  /// fresh install; else somebody may have spent it.
  void begin_term(const std::string& term, const std::string& before);

  /// Begins no further update; those begun but not sent are called off when their commit is
  /// answered. For the end of the process.
  void stop_deciding();
  /// Updates begun and not sent yet.
  std::size_t starting() const;

  /// Decides, acts and persists, until there is nothing to do at this moment.
  void turn();
  /// When turn() has something to do next; nothing: only after an event.
  std::optional<BootTime> next_turn() const;

  /// Whether decisions are made: everything was listed and the first commit answered.
  bool deciding() const { return listed_ && first_commit_done_ && !stopping_; }
  bool degraded() const { return durability_.degraded(); }
  const std::string& degraded_reason() const { return durability_.reason(); }
  const governor::Governor& governor() const { return governor_; }
  const WorkloadRecord& record(governor::Handle handle) const { return records_.at(handle); }
  Instant now() const { return clock_.now(); }
  /// When a moment is, for people.
  WallTime wall_time(BootTime at) const { return anchor_.at(at); }

 private:
  struct Attempting {
    governor::Handle workload = 0;
    std::string detail;  // of its answer, until the decision about it is acted on
  };

  governor::Memory first_memory(const Observation& observation, WorkloadRecord& record);
  governor::Memory stored_memory(const storage::WorkloadRow& row, const Observation& observation,
                                 WorkloadRecord& record);
  int level_of_unknown(const governor::Policy& policy, bool judged) const;
  governor::Memory made_up_for(const governor::Memory& stored, const governor::Policy& policy,
                               bool judged) const;
  governor::Memory carried_memory(const Observation& observation, int level,
                                  WorkloadRecord& record) const;
  void take_carried(governor::Handle handle, const Carried& carried);
  governor::Handle add(const Observation& observation);
  void take_references(governor::Handle handle, const References& references,
                       const References& taken_on);
  void remind_provider(governor::Handle handle);
  void start_deciding();
  void act(const governor::Decision& decision);
  Attempt attempt_of(const governor::Decision& decision) const;
  std::string follow_rollout(const governor::Decision& decision);
  void remember_in_history(const governor::Decision& decision, const std::string& detail);
  void write_down(governor::Handle handle);
  void persist();
  storage::WorkloadRow row(governor::Handle handle) const;
  storage::BudgetRow budget_row() const;
  void watch_rollout(governor::Handle handle);
  void free(const std::vector<Durability::Waiting>& freed);
  void let_go();

  ControllerSettings settings_;
  const Clock& clock_;
  WallAnchor anchor_;  // follows the clocks at each turn
  storage::StateStore& store_;
  Provider& provider_;
  Observer& observer_;
  governor::Governor governor_;
  Durability durability_;

  bool listed_ = false;
  bool stopping_ = false;
  bool first_commit_done_ = false;
  bool same_boot_ = true;        // as the one in which the rows were stored
  bool state_lost_ = false;      // until everything was listed once
  bool state_outdated_ = false;  // the same; what was stored is a restored copy
  bool state_fresh_ = false;     // the same
  std::string term_;             // in which the bucket was known
  bool told_degraded_ = false;
  std::unordered_map<WorkloadKey, storage::WorkloadRow> stored_;  // not seen yet in this process
  std::unordered_map<governor::Handle, WorkloadRecord> records_;
  std::unordered_map<AttemptId, Attempting> attempts_;
  storage::Batch batch_;                        // gathers during a turn
  std::vector<governor::Handle> to_write_;      // rows that belong into it
  std::vector<Durability::Waiting> to_commit_;  // attempts that it carries
  std::vector<Durability::Waiting> freed_;      // need not wait any more
};

}  // namespace ebbgate
