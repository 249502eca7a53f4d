#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/controller.h"

namespace ebbgate::testing {

using namespace std::chrono_literals;

class ClockByHand final : public Clock {
 public:
  Instant now() const override {
    return {BootTime(now_), WallTime(1000h) + std::chrono::floor<std::chrono::milliseconds>(now_)};
  }
  void advance(Duration by) { now_ += by; }

 private:
  Duration now_{1h};
};

/// Keeps what was submitted; nothing is committed until the test says so.
class StoreByHand final : public storage::StateStore {
 public:
  storage::Sequence submit(storage::Batch batch) override {
    batches.push_back(std::move(batch));
    return batches.size();
  }
  void mark_lost() override { ++marks; }

  /// The newest row of the workload that was submitted; nothing: none, or it was removed last.
  std::optional<storage::WorkloadRow> row(const WorkloadKey& key) const;

  std::vector<storage::Batch> batches;
  int marks = 0;
};

/// Notes what it is asked for, in `log`.
class ProviderByHand final : public Provider {
 public:
  std::string name() const override { return "test"; }
  bool carries_state() const override { return carries; }
  void recover(const WorkloadKey& key, const std::string& witness) override {
    log.push_back("recover " + key.name + " " + witness);
  }
  void start() override {}
  void prepare(const Attempt& attempt) override {
    last = attempt;
    log.push_back("prepare " + attempt.key.name);
  }
  void send(const Attempt& attempt, const Digest& fingerprint) override {
    sent = fingerprint;
    log.push_back("send " + attempt.key.name);
  }
  void cancel(const Attempt& attempt) override { log.push_back("cancel " + attempt.key.name); }
  void watch_rollout(const WorkloadKey& key) override { log.push_back("watch " + key.name); }
  void stop(Duration /*patience*/) override {}

  bool carries = false;
  std::vector<std::string> log;
  Attempt last;
  Digest sent;
};

class ObserverByHand final : public Observer {
 public:
  void decided(Instant /*now*/, const governor::Decision& decision,
               const governor::Workload& /*workload*/, const std::string& /*detail*/) override {
    decisions.push_back(decision.action);
  }
  void turned(Instant /*now*/, const governor::Governor& /*governor*/,
              const std::vector<governor::Handle>& /*touched*/) override {}
  void degraded(bool is_degraded, const std::string& /*why*/) override {
    degradations.push_back(is_degraded);
  }

  std::vector<governor::Action> decisions;
  std::vector<bool> degradations;
};

/// A Controller between hands of the test, with no limits and no settle.
struct Bench {
  Bench();
  explicit Bench(const storage::Loaded& loaded);

  /// One round: what `event` tells, then a turn.
  template <class Event>
  void round(const Event& event) {
    event();
    controller.turn();
  }
  void commit_all() {
    round([&] { controller.committed(store.batches.size()); });
  }
  Observation observation(const std::map<std::string, std::string>& contents) const;
  void observe(const std::map<std::string, std::string>& contents) {
    round([&] { controller.observed(observation(contents)); });
  }
  void list() {
    round([&] { controller.listed(); });
  }
  /// Adopted, listed and committed: updates may go.
  void settle_in(const std::map<std::string, std::string>& contents);
  /// A whole update of a change that is due, up to its answer.
  void update(Outcome outcome = Outcome::applied);
  void answer(Outcome outcome, const std::string& detail = "");
  const governor::Workload& workload() const {
    return controller.governor().workload(*controller.governor().find(key));
  }
  std::vector<storage::HistoryKind> history() const;

  WorkloadKey key{"default", "Local", "web"};
  std::shared_ptr<const governor::Policy> policy;
  bool judged = false;
  bool adopt = true;
  std::string missing;
  governor::Hold hold;
  ClockByHand clock;
  StoreByHand store;
  ProviderByHand provider;
  ObserverByHand observer;
  ControllerSettings settings;
  Controller controller;
};

References references(const std::map<std::string, std::string>& contents);
storage::WorkloadRow row_of(const WorkloadKey& key, const References& applied);

}  // namespace ebbgate::testing
