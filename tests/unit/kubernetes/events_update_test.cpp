#include <doctest/doctest.h>

#include "controller/kubernetes/update_events.h"
#include "controller/observers.h"
#include "tests/unit/kubernetes/events_support.h"

namespace ebbgate::kubernetes {

namespace {

using namespace testing;
using governor::Action;
using governor::Decision;
using governor::Gate;
using governor::Workload;

struct Told {
  EventReason reason;
  EventType type;
  std::string message;
  std::string uid;
};

class Sink final : public EventSink {
 public:
  void record(const EventTarget& target, EventReason reason, EventType type,
              const std::string& message) override {
    told.push_back({reason, type, message, target.uid});
  }
  std::vector<Told> told;
};

struct World {
  Instant now{BootTime(1000s), WallTime(1'700'000'000s)};
  Sink sink;
  std::string cause = "ConfigMap default/app";
  bool exists = true;
  Workload workload;
  UpdateEvents events{sink,
                      {[this](const WorkloadKey& key) {
                         return exists ? std::optional(target_of(key.name)) : std::nullopt;
                       },
                       [this](const WorkloadKey&) { return cause; }}};

  World() {
    workload.key = {"default", "Deployment", "web"};
    workload.policy =
        std::make_shared<governor::Policy>(governor::BackoffSettings(), governor::SettleSettings());
    workload.sent = *Digest::from_hex("0123456789abcdef" + std::string(48, '0'));
  }
  Decision decision(Action action, int level) const {
    Decision made;
    made.action = action;
    made.level = level;
    made.at = now.boot;
    return made;
  }
  void wait(Gate gate, std::optional<Duration> until) {
    Decision made = decision(Action::wait, 3);
    made.gate = gate;
    if (until) made.until = now.boot + *until;
    events.decided(now, made, workload, "");
  }
  void send() { events.decided(now, decision(Action::send, 3), workload, ""); }
  void answer(Outcome outcome, const std::string& detail = "",
              std::optional<Duration> until = std::nullopt) {
    Decision made = decision(Action::answer, 3);
    made.outcome = outcome;
    if (until) made.until = now.boot + *until;
    workload.memory.level = 3;
    workload.memory.answered_at = now.boot;
    if (outcome == Outcome::applied) {
      workload.memory.failing.reset();
    } else if (!until || *until > 0s) {
      if (!workload.memory.failing) workload.memory.failing = governor::Failing{now.boot, 0, {}};
      ++workload.memory.failing->count;
    }
    events.decided(now, made, workload, detail);
  }
  Told last() {
    REQUIRE(sink.told.size() == 1);
    Told told = sink.told.front();
    sink.told.clear();
    return told;
  }
};

}  // namespace

TEST_CASE("a held update tells its level, its gate, until when, and which object changed") {
  World world;
  world.wait(Gate::backoff, 4s);
  const Told told = world.last();
  CHECK(told.reason == EventReason::update_held);
  CHECK(told.type == EventType::normal);
  CHECK(told.uid == "uid-web");
  CHECK(told.message ==
        "An update because of ConfigMap default/app is held at level 3 by gate backoff, until "
        "2023-11-14T22:13:24.000Z");
}

TEST_CASE("a gate whose end nobody knows says why it is closed") {
  World world;
  world.workload.missing = "Secret default/key is not there";
  world.wait(Gate::missing, std::nullopt);
  Told told = world.last();
  CHECK(told.type == EventType::warning);
  CHECK(told.message ==
        "An update because of ConfigMap default/app is held at level 3 by gate missing (Secret "
        "default/key is not there), until it opens");
  world.workload.hold.held = true;
  world.workload.hold.reason = "paused";
  world.cause.clear();
  world.wait(Gate::hold, std::nullopt);
  CHECK(world.last().message ==
        "An update is held at level 3 by gate hold (paused), until it opens");
}

TEST_CASE("an update that goes out once it has settled makes one event") {
  World world;
  world.wait(Gate::settle, 500ms);
  CHECK(world.sink.told.empty());
  world.send();
  world.cause = "Secret default/newer";
  CHECK(world.sink.told.empty());
  world.answer(Outcome::applied);
  const Told told = world.last();
  CHECK(told.reason == EventReason::updated);
  CHECK(told.type == EventType::normal);
  CHECK(told.message ==
        "Updated to configuration 0123456789ab because of ConfigMap default/app, level 3; the next "
        "one not before 2023-11-14T22:13:24.000Z");
}

TEST_CASE("a judged workload's next update waits longer while its rollout is not ready") {
  World world;
  world.workload.judged = true;
  world.workload.memory.level = 9;
  world.workload.memory.answered_at = world.now.boot;
  Decision made = world.decision(Action::answer, 9);
  made.outcome = Outcome::applied;
  world.cause.clear();
  world.events.decided(world.now, made, world.workload, "");
  CHECK(world.last().message ==
        "Updated to configuration 0123456789ab, level 9; the next one not before "
        "2023-11-14T22:14:24.000Z, or 2023-11-14T22:17:36.000Z unless this rollout becomes ready");
}

TEST_CASE("a workload that begins to fail tells what was answered") {
  World world;
  world.send();
  world.answer(Outcome::refused, "403: may not patch deployments", 2s);
  Told told = world.last();
  CHECK(told.reason == EventReason::update_failing);
  CHECK(told.type == EventType::warning);
  CHECK(told.message ==
        "An update because of ConfigMap default/app was refused and is tried again at "
        "2023-11-14T22:13:22.000Z: 403: may not patch deployments");
  world.send();
  world.answer(Outcome::applied);
  CHECK(world.last().reason == EventReason::updated);
  world.send();
  world.answer(Outcome::unknown, "timed out");
  told = world.last();
  CHECK(told.reason == EventReason::update_failing);
  CHECK(told.message ==
        "It is not known whether an update because of ConfigMap default/app took effect; it is "
        "repeated after the delay if it did not, level 3: timed out");
}

TEST_CASE("further tries of a workload that fails make no event until it was updated") {
  World world;
  for (int i = 0; i < 5; ++i) {
    world.send();
    world.answer(Outcome::refused, "403: denied", 2s);
  }
  CHECK(world.last().reason == EventReason::update_failing);
  // What it wanted was taken back, and a later update fails as well.
  world.workload.memory.failing.reset();
  world.answer(Outcome::unknown, "timed out");
  CHECK(world.last().reason == EventReason::update_failing);
}

TEST_CASE("a workload that failed before the start is told of once") {
  World world;
  world.workload.memory.failing = governor::Failing{world.now.boot, 7, {}};
  for (int i = 0; i < 3; ++i) world.answer(Outcome::refused, "403: denied", 2s);
  CHECK(world.last().reason == EventReason::update_failing);
}

TEST_CASE("an update that is decided anew at once makes no event") {
  World world;
  world.send();
  world.answer(Outcome::refused, "the workload changed meanwhile", 0s);
  CHECK(world.sink.told.empty());
}

TEST_CASE("a rollout that took too long is told of") {
  World world;
  world.events.decided(world.now, world.decision(Action::time_out, 3), world.workload, "");
  const Told told = world.last();
  CHECK(told.reason == EventReason::rollout_timed_out);
  CHECK(told.type == EventType::warning);
}

TEST_CASE("nothing else makes an event, and nothing of a workload that is gone") {
  World world;
  for (const Action action : {Action::begin, Action::cancel, Action::coalesce, Action::forgive,
                              Action::ready, Action::fail, Action::release, Action::forget}) {
    world.events.decided(world.now, world.decision(action, 1), world.workload, "");
  }
  world.exists = false;
  world.wait(Gate::backoff, 4s);
  CHECK(world.sink.told.empty());
}

TEST_CASE("reasons are named as kubectl shows them") {
  CHECK(name_of(EventReason::update_held) == "UpdateHeld");
  CHECK(name_of(EventReason::waits_for_deletion) == "WaitsForDeletion");
  CHECK(name_of(EventReason::forbidden) == "Forbidden");
}

TEST_CASE("every observer is told everything, in turn") {
  class Keeper final : public Observer {
   public:
    Keeper(std::string name, std::vector<std::string>& told)
        : name_(std::move(name)), told_(told) {}
    void decided(Instant, const Decision&, const Workload&, const std::string& detail) override {
      told_.push_back(name_ + " decided " + detail);
    }
    void turned(Instant, const governor::Governor&,
                const std::vector<governor::Handle>& touched) override {
      told_.push_back(name_ + " turned " + std::to_string(touched.size()));
    }
    void degraded(bool is_degraded, const std::string& why) override {
      told_.push_back(name_ + (is_degraded ? " degraded " : " well ") + why);
    }

   private:
    std::string name_;
    std::vector<std::string>& told_;
  };
  const World world;
  std::vector<std::string> told;
  Keeper first("first", told);
  Keeper second("second", told);
  ObserverFanOut observers({&first, &second});
  const governor::Governor governor({}, 0, world.now.boot, [] { return 0.0; });
  observers.decided(world.now, world.decision(Action::ready, 1), world.workload, "x");
  observers.turned(world.now, governor, {1, 2});
  observers.degraded(true, "disk");
  CHECK(told == std::vector<std::string>{"first decided x", "second decided x", "first turned 2",
                                         "second turned 2", "first degraded disk",
                                         "second degraded disk"});
}

}  // namespace ebbgate::kubernetes
