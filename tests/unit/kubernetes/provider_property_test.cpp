#include <ostream>
#include <set>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "controller/kubernetes/state_annotation.h"
#include "tests/unit/kubernetes/provider_world.h"

namespace ebbgate::kubernetes::testing {

enum class Kind {
  wait,
  change,
  set_image,
  undo,
  replace,
  recreate,
  progress,
  hear_workload,
  hear_configuration,
  deafen,
  relist,
  restart,
  plan,
  land_late,
  meddle,
};

struct Step {
  Kind kind = Kind::wait;
  int a = 0;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  static const std::vector<const char*> names{"wait",     "change",        "set_image",
                                              "undo",     "replace",       "recreate",
                                              "progress", "hear_workload", "hear_configuration",
                                              "deafen",   "relist",        "restart",
                                              "plan",     "land_late",     "meddle"};
  return out << names.at(static_cast<std::size_t>(step.kind)) << ' ' << step.a;
}

namespace {

using Steps = std::vector<Step>;

constexpr int kKinds = 15;

rc::Gen<Steps> histories(const std::set<Kind>& without) {
  const auto step =
      rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 2 * kKinds), rc::gen::inRange(0, 12)),
                   [without](const std::pair<int, int>& drawn) {
                     // Changes and waits more often than the rest.
                     const Kind kind = drawn.first < kKinds   ? static_cast<Kind>(drawn.first)
                                       : drawn.first % 2 == 0 ? Kind::change
                                                              : Kind::wait;
                     return Step{without.count(kind) > 0 ? Kind::wait : kind, drawn.second};
                   });
  return rc::gen::container<Steps>(step);
}

/// Plays a history, and judges it by what the API server saw.
class Play {
 public:
  explicit Play(const Steps& steps) {
    world_.start();
    world_.rolls_out = false;
    for (const Step& step : steps) take(step);
    land_late();
    world_.rest(1h);
  }

  void judge_spacing() const {
    const auto& landings = world_.server.landings;
    for (std::size_t i = 1; i < landings.size(); ++i) {
      const int doublings = std::min(landings[i - 1].level - 1, 6);
      RC_ASSERT(landings[i].at - landings[i - 1].at >= (1 << doublings) * 1s);
    }
  }

  void judge_counters() const {
    const auto& landings = world_.server.landings;
    for (std::size_t i = 1; i < landings.size(); ++i) {
      RC_ASSERT(landings[i].counter > landings[i - 1].counter);
    }
  }

  void judge_convergence() const {
    const auto& hash = world_.server.hash();
    const Digest last = fingerprint_of(*world_.workload_references());
    const bool hash_says = hash && parse_hash(*hash) == last;
    // What the owner did unseen cannot be told from what was there before.
    if (unseen_ && (!hash || hash_says)) return;
    RC_ASSERT((rolled_by_us() && hash_says) || world_.converged());
  }

  void judge_number() const { RC_ASSERT(world_.updates() <= reasons_); }
  void judge_none() const { RC_ASSERT(world_.updates() == 0U); }

 private:
  bool rolled_by_us() const {
    const auto& landings = world_.server.landings;
    return landings.size() > landed_before_edit_ && landings.back().hash == world_.server.hash();
  }

  void owner_edits() {
    ++reasons_;
    landed_before_edit_ = world_.server.landings.size();
  }

  void edited() {
    owner_edits();
    if (!world_.deaf) {
      world_.deliver();
      world_.pump();
    }
  }

  void take(const Step& step) {
    SimulatedServer& server = world_.server;
    switch (step.kind) {
      case Kind::wait:
        return world_.advance(std::vector<Duration>{100ms, 1s, 3s, 10s, 70s, 11min}.at(
            static_cast<std::size_t>(step.a % 6)));
      case Kind::change: {
        const std::string content = std::to_string(step.a % 3);
        server.write_config(content);
        ++reasons_;
        if (!world_.deaf) world_.deliver();
        return world_.pump();
      }
      case Kind::set_image: {
        const auto before = server.resource_version();
        server.set_image("app:" + std::to_string(step.a % 3));
        if (server.resource_version() == before) return;
        return edited();
      }
      case Kind::undo:
        server.undo();
        return edited();
      case Kind::replace:
        server.replace();
        return edited();
      case Kind::recreate:
        // Of one that nobody has seen yet it cannot be told what its pods waited for.
        world_.deaf = false;
        server.recreate();
        return edited();
      case Kind::progress:
        step.a % 3 == 0 ? server.finish_rollout() : static_cast<void>(server.progress());
        return;
      case Kind::hear_workload:
        world_.deliver_workload();
        return world_.pump();
      case Kind::hear_configuration:
        world_.deliver_configuration();
        return world_.pump();
      case Kind::deafen:
        world_.deaf = step.a % 2 == 0;
        return;
      case Kind::relist:
        unseen_ = unseen_ || world_.has_news();
        world_.relist();
        return world_.pump();
      case Kind::restart:
        return restart(step.a);
      case Kind::plan: {
        const Fate fate = static_cast<Fate>(step.a % 8);
        world_.fates.push_back(fate);
        if (fate == Fate::lost || fate == Fate::late) ++reasons_;
        world_.reads_fail = step.a > 7;
        if (world_.reads_fail) ++reasons_;
        return;
      }
      case Kind::land_late:
        return land_late();
      case Kind::meddle:
        world_.before_reply = [this, a = step.a] {
          a % 2 == 0 ? world_.server.undo() : world_.server.set_image("app:9");
          owner_edits();
          if (a % 3 == 0) world_.deliver();
        };
        return;
    }
  }

  void land_late() {
    // Of a state that was stripped: before it is written back nothing is promised.
    if (world_.server.exists() && !world_.server.state()) {
      world_.deaf = false;
      world_.before_reply = nullptr;
      world_.advance(1s);
    }
    world_.land_late();
  }

  void restart(int a) {
    const Disk disk = static_cast<Disk>(a % 3);
    if (a == 4) world_.save_disk();
    if (disk == Disk::kept) {
      unseen_ = unseen_ || world_.has_news();
    } else {
      // What happens to a state that was stripped before it is written back is not promised.
      world_.deaf = false;
      world_.before_reply = nullptr;
      world_.advance(1s);
    }
    world_.kill();
    if (a > 5) {
      world_.clock.advance(5s);
      world_.server.write_config(std::to_string(a % 3));
      ++reasons_;
    }
    world_.start(disk);
  }

  World world_;
  std::size_t reasons_ = 0;
  bool unseen_ = false;
  std::size_t landed_before_edit_ = 0;  // by the owner, the last time
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr const char* kParameters = "seed=20240229 max_success=40";
#else
constexpr const char* kParameters = "seed=20240229 max_success=400";
#endif

bool holds(const std::string& name, const std::function<void()>& property) {
  setenv("RC_PARAMS", kParameters, 0);
  return rc::check(name, property);
}

TEST_CASE("Two updates of one workload are never closer than its state demands") {
  CHECK(holds("spacing", [] { Play(*histories({})).judge_spacing(); }));
}

TEST_CASE("Counters rise from update to update of one object") {
  CHECK(holds("counters", [] {
    Play(*histories({Kind::recreate, Kind::replace})).judge_counters();
  }));
}

TEST_CASE("Once everything rests the workload runs with the last configuration") {
  CHECK(holds("convergence", [] { Play(*histories({})).judge_convergence(); }));
}

TEST_CASE("There are no more updates than reasons for them") {
  CHECK(holds("reasons", [] { Play(*histories({})).judge_number(); }));
}

TEST_CASE("Without a change of the configuration there is no update, whatever else happens") {
  CHECK(holds("nothing", [] {
    Play(*histories({Kind::change, Kind::restart, Kind::meddle, Kind::deafen})).judge_none();
  }));
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
