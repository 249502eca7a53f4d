#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/controller.h"
#include "tests/property/world/configuration.h"
#include "tests/property/world/ledger.h"
#include "tests/property/world/pace.h"
#include "tests/property/world/patience.h"
#include "tests/property/world/simulated_provider.h"
#include "tests/property/world/simulated_store.h"
#include "tests/property/world/step.h"

namespace ebbgate::property {

/// What a history can break.
enum class Promise : std::uint8_t {
  spacing,
  convergence,
  latest_wins,
  nothing_for_nothing,
  no_change_no_level,
  accounting,
};
inline constexpr std::size_t kPromises = 6;

/// What the process begins with, where a history does not say otherwise.
struct WorldOptions {
  bool instant = false;  ///< nothing takes any time: no workload can hold up another's commit
  int limits = 0;
  int crowd = 0;  ///< workloads beyond the usual ones, all in one namespace
  std::optional<int> unknown_level;
};

/// The whole controller on a simulated clock, disk and network, in one thread, with everything that
/// a history does to them; and what the receivers of its updates make of it.
class World final : private Witness,
                    private ProviderListener,
                    private storage::StateStoreListener,
                    private Observer {
 public:
  struct Sent {
    WorkloadKey key;
    TrueTime at;
    Contents contents;
    bool operator==(const Sent&) const = default;
  };

  explicit World(const History& history, const WorldOptions& options = {});
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Takes every step, then lets everything come to rest.
  void run();
  void take(const Step& step);
  void run_for(Duration duration) { run_until(clock_.true_now() + duration); }
  /// Ends all trouble and waits until nothing is left to do.
  void rest();

  /// What happened against the promise, if anything did.
  const std::vector<std::string>& broken(Promise promise) const {
    return broken_.at(static_cast<std::size_t>(promise));
  }
  const std::vector<Sent>& sent() const { return sent_; }
  /// Of a workload in the eyes of the process; 0 where there is no process or it does not know it.
  int level(int who) const;
  TrueTime now() const { return clock_.true_now(); }
  std::size_t updates() const { return updates_; }
  std::size_t deaths() const { return deaths_; }

 private:
  // A workload, and everything that is kept about it.
  struct Watched {
    WorldWorkload world;
    Pace pace;
    Patience patience;
    Ledger ledger;
    std::optional<EventQueue::Id> effect;  // an update that has not taken effect yet
    std::optional<Observation> told;       // the newest, to the process of now
  };
  struct Death {
    int contacts = 0;
    Duration down{0};
  };
  // Thrown out of whatever the process is doing at the moment at which it dies.
  struct ProcessDies {};

  // The process (process.cpp).
  void start_process();
  void first_list();
  void stop_process(Duration down);
  void end_process(Duration down);
  void die(Duration down);
  void touch();
  bool survives(const std::function<void()>& act);

  // Time (world.cpp).
  void run_until(TrueTime end);
  bool round(TrueTime end);
  std::optional<TrueTime> next_moment() const;
  void after_turn();

  void carry_out(const Step& step);
  void wake();
  void hear_of(Watched& watched);
  void tell(Watched& watched);
  void tell_gone(Watched& watched);
  void resync();
  void break_promise(Promise promise, const std::string& how);
  Watched& of(const WorkloadKey& key) { return watched_.at(key); }
  Watched& of(int who);
  static Contents with_set(const Contents& before, int bits);

  // Witness (receivers.cpp).
  WorldWorkload& workload(const WorkloadKey& key) override { return of(key).world; }
  void begun(const WorkloadKey& key) override;
  void called_off(const WorkloadKey& key) override;
  void sent(const WorkloadKey& key, const Digest& fingerprint) override;
  void will_take_effect(const WorkloadKey& key, TrueTime at) override;
  void take_effect_now(const WorkloadKey& key) override;
  void kill(const WorkloadKey& key) override;
  void answered(const WorkloadKey& key, Outcome outcome) override;
  void rolled_out(const WorkloadKey& key, bool ready) override;
  void take_effect(Watched& watched);

  // What the process hears goes straight to its controller.
  void observed(Observation observation) override { controller_->observed(observation); }
  void gone(const WorkloadKey& key) override { controller_->gone(key); }
  void listed() override { controller_->listed(); }
  void prepared(AttemptId attempt, std::string witness) override {
    controller_->prepared(attempt, witness);
  }
  void answered(AttemptId attempt, Answer answer) override {
    controller_->answered(attempt, answer);
  }
  void rolled_out(const WorkloadKey& key, bool ready, std::string why) override {
    controller_->rolled_out(key, ready, why);
  }
  void committed(storage::Sequence sequence) override { controller_->committed(sequence); }
  void commit_failed(const std::string& error) override { controller_->commit_failed(error); }
  void marked_lost(bool durable) override { controller_->marked_lost(durable); }

  // Observer.
  void decided(Instant now, const governor::Decision& decision, const governor::Workload& workload,
               const std::string& detail) override;
  void turned(Instant now, const governor::Governor& governor,
              const std::vector<governor::Handle>& touched) override;
  void degraded(bool is_degraded, const std::string& why) override;

  ControllerSettings settings() const;

  const History history_;
  const WorldOptions options_;
  SimulatedClock clock_;
  EventQueue events_;
  Chance chance_;
  Ground ground_;
  SimulatedDisk disk_;
  DiskTrouble trouble_;
  int limits_;
  std::map<WorkloadKey, Watched> watched_;

  // The process of now, if there is one.
  std::unique_ptr<SimulatedStore> store_;
  std::unique_ptr<SimulatedProvider> provider_;
  std::unique_ptr<Controller> controller_;
  bool listed_ = false;
  std::optional<Death> death_;
  std::optional<EventQueue::Id> start_;  // of the next process
  std::size_t decisions_ = 0;

  TrueTime last_moment_{0};
  int rounds_at_moment_ = 0;
  std::size_t updates_ = 0;
  std::size_t deaths_ = 0;
  std::vector<Sent> sent_;
  std::array<std::vector<std::string>, kPromises> broken_;
};

}  // namespace ebbgate::property
