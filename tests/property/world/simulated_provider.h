#pragma once

#include <map>
#include <string>

#include "controller/provider.h"
#include "tests/property/world/configuration.h"
#include "tests/property/world/simulated_store.h"

namespace ebbgate::property {

/// Who watches what happens between the process and the receivers of its updates.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual WorldWorkload& workload(const WorkloadKey& key) = 0;
  virtual void begun(const WorkloadKey& key) = 0;
  virtual void called_off(const WorkloadKey& key) = 0;
  virtual void sent(const WorkloadKey& key, const Digest& fingerprint) = 0;
  /// The receiver takes the update on at `at`, unless something kills it before.
  virtual void will_take_effect(const WorkloadKey& key, TrueTime at) = 0;
  virtual void take_effect_now(const WorkloadKey& key) = 0;
  virtual void kill(const WorkloadKey& key) = 0;
  virtual void answered(const WorkloadKey& key, Outcome outcome) = 0;
  virtual void rolled_out(const WorkloadKey& key, bool ready) = 0;
};

/// One process's hands: every attempt meets the fate that its workload has in store.
class SimulatedProvider final : public Provider {
 public:
  SimulatedProvider(const Ground& ground, Witness& witness, ProviderListener& listener)
      : ground_(ground), witness_(witness), listener_(listener) {}

  std::string name() const override { return "simulated"; }
  bool carries_state() const override { return false; }
  void recover(const WorkloadKey& key, const std::string& witness) override;
  void start() override {}
  void prepare(const Attempt& attempt) override;
  void send(const Attempt& attempt, const Digest& fingerprint) override;
  void cancel(const Attempt& attempt) override;
  void watch_rollout(const WorkloadKey& key) override;
  void stop(Duration patience) override;

  /// An attempt of the workload is being prepared, and its commit held back for that.
  bool preparing(const WorkloadKey& key) const;
  /// News of the rollouts that are watched: they are ready after all.
  void all_get_ready();

 private:
  struct Open {
    WorkloadKey key;
    Fate fate = Fate::applied;
    bool prepared = false;
    bool sent = false;
  };

  void later(Duration delay, EventQueue::Act act);
  void answer(AttemptId attempt, Outcome outcome, bool nothing_sent);
  void watch(const WorkloadKey& key);
  void roll_out(const WorkloadKey& key, bool ready);

  const Ground& ground_;
  Witness& witness_;
  ProviderListener& listener_;
  std::map<AttemptId, Open> open_;
  std::map<WorkloadKey, EventQueue::Id> watched_;
};

}  // namespace ebbgate::property
