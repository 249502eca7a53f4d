#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/workload_key.h"
#include "controller/governor/hold.h"
#include "controller/governor/outcome.h"
#include "controller/governor/policy.h"
#include "controller/references.h"

namespace ebbgate {

/// What a workload carries of its own past (Provider::carries_state()).
struct Carried {
  /// Whether it is a record of Ebbgate's, and believed; otherwise only `applied` says something.
  bool has_record = false;
  std::uint64_t counter = 0;  ///< of updates, over the workload's whole life
  int level = 0;
  /// What it is seen to run with; absent: not known.
  std::optional<Digest> applied;
  /// It was rolled out by somebody else since the record was written: whatever is remembered
  /// elsewhere, `applied` is what it took on.
  bool rolled_out_since = false;

  bool operator==(const Carried&) const = default;
};

/// What a provider says of a workload. Later ones replace earlier ones; an identical one is free.
struct Observation {
  WorkloadKey key;
  /// Tells apart workloads that had this key one after the other; empty: they cannot be.
  std::string incarnation;
  /// What its owner and updates made of it, as a text that changes with that; empty: not told.
  std::string revision;
  std::shared_ptr<const governor::Policy> policy;  ///< with the workload's overrides; never null
  /// What the configuration holds now; null while it cannot be told (see `missing`).
  References references;
  /// Why the workload must wait for its configuration; empty: it need not. Fills gate `missing`.
  std::string missing;
  governor::Hold hold;
  /// Whether the provider reports readiness of this workload's rollouts.
  bool judged = false;
  /// At first sight: true takes the configuration as applied, false asks for one update.
  bool adopt = true;
  std::optional<Carried> carried;
  /// What the workload has just taken on by no update of Ebbgate's, over the same set as
  /// `references`; null: nothing.
  References taken_on;
  /// What it runs with can just no more be told: one update is needed.
  bool mistrusted = false;
};

/// What a workload should carry of its past.
struct Remembered {
  std::uint64_t counter = 0;
  int level = 0;
  std::optional<Digest> applied;  ///< absent: not known

  bool operator==(const Remembered&) const = default;
};

/// An update as the provider gets it.
struct Attempt {
  AttemptId id = 0;
  WorkloadKey key;
  int level = 0;              ///< the workload's level once this update counts
  std::uint64_t counter = 0;  ///< of this update, over the workload's whole life
};

/// What the loop hears from a provider. Any thread; never blocks.
class ProviderListener {
 public:
  virtual ~ProviderListener() = default;
  virtual void observed(Observation observation) = 0;
  /// The workload exists no more.
  virtual void gone(const WorkloadKey& key) = 0;
  /// Everything that matters has been observed once: decisions may begin.
  virtual void listed() = 0;
  /// The attempt can be sent at once when told; `witness` is stored in the same commit as the
  /// attempt, and handed to Provider::recover() should this process die.
  virtual void prepared(AttemptId attempt, std::string witness) = 0;
  /// Exactly once for each attempt that was prepared or sent and not cancelled; also instead of
  /// prepared(), when preparing failed.
  virtual void answered(AttemptId attempt, Answer answer) = 0;
  /// The workload's last rollout became ready, or surely did not in time: then `why` tells people
  /// what was found last. It is made printable and short where it is heard.
  virtual void rolled_out(const WorkloadKey& key, bool ready, std::string why) = 0;
  /// What was found of a rollout that is not ready, while there is time left for it; for people.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): those who listen keep it.
  virtual void not_ready_yet(const WorkloadKey& /*key*/, std::string /*found*/) {}
};

/// A source of observations and a way to apply updates. The loop calls from its one thread; no call
/// blocks (the exceptions say so). Everything that a provider finds out comes through its listener.
class Provider {
 public:
  virtual ~Provider() = default;

  /// The name under which its workloads are stored: `local`, `kubernetes`.
  virtual std::string name() const = 0;
  /// Whether an update carries its state with it, so that sending need not wait for the commit.
  virtual bool carries_state() const = 0;
  /// Before start(): ends what an attempt of a process that died may have left running. May block
  /// for the moment that takes.
  virtual void recover(const WorkloadKey& key, const std::string& witness) = 0;
  /// Begins to observe.
  virtual void start() = 0;
  /// Gets everything ready to send, so that sending is only a signal.
  virtual void prepare(const Attempt& attempt) = 0;
  /// Sends a prepared attempt, with the newest configuration's fingerprint.
  virtual void send(const Attempt& attempt, const Digest& fingerprint) = 0;
  /// Calls off a prepared attempt; nothing is sent and no answer comes.
  virtual void cancel(const Attempt& attempt) = 0;
  /// What the workload should carry, beside what updates write: where it carries less, the provider
  /// mends that in time. Told whenever it changes, but not while an update is under way.
  virtual void remember(const WorkloadKey& /*key*/, const Remembered& /*remembered*/) {}
  /// The rollout of an earlier process is not known to be ready: watch it further.
  virtual void watch_rollout(const WorkloadKey& key) = 0;
  /// Ends updates in flight (their answers come before this returns) and all threads. Blocks, for
  /// at most about `patience`.
  virtual void stop(Duration patience) = 0;
};

}  // namespace ebbgate
