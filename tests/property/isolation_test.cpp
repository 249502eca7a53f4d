#include <algorithm>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "tests/property/check.h"
#include "tests/property/world/generate.h"

namespace ebbgate::property {
namespace {

using namespace std::chrono_literals;
using Kind = Step::Kind;

constexpr int kUnlimited = 1;
constexpr int kSlowBudget = 2;  // a token a second, one at a time
constexpr int kStormPieces = 10;

// What may happen to the others: nothing that they share with the one that storms.
rc::Gen<Step> step_of_others() {
  const auto kind = rc::gen::weightedElement<Kind>({{10, Kind::wait},
                                                    {12, Kind::change},
                                                    {2, Kind::set},
                                                    {2, Kind::hold},
                                                    {1, Kind::missing},
                                                    {1, Kind::policy},
                                                    {1, Kind::readiness},
                                                    {1, Kind::remove},
                                                    {1, Kind::give_back}});
  return rc::gen::map(any_step(kind), [](Step step) {
    step.who = 1 + step.who % (kWorkloads - 1);
    return step;
  });
}

std::vector<World::Sent> sent_to_others(const std::vector<Step>& others,
                                        const std::vector<Step>& before, bool storm) {
  WorldOptions options;
  options.instant = true;
  options.limits = kUnlimited;
  World world({1, {}}, options);
  world.run_for(0s);
  for (const Step& step : before) world.take(step);
  int content = 0;
  for (const Step& step : others) {
    if (step.kind != Kind::wait || !storm) {
      world.take(step);
      continue;
    }
    for (int piece = 0; piece < kStormPieces; ++piece) {
      world.take({Kind::change, 0, 0, ++content % 3});
      world.run_for(wait_of(step.a) / kStormPieces);
    }
  }
  std::vector<World::Sent> sent = world.sent();
  std::erase_if(sent, [](const World::Sent& update) { return update.key == workload_of(0).key; });
  // Which of two goes first at one moment is a matter of whose turn it is.
  std::sort(sent.begin(), sent.end(), [](const World::Sent& left, const World::Sent& right) {
    return std::tie(left.at, left.key) < std::tie(right.at, right.key);
  });
  return sent;
}

TEST_CASE("A storm on one workload moves no update of another") {
  CHECK(holds("isolation", [] {
    const auto others = *rc::gen::container<std::vector<Step>>(step_of_others());
    const Step fate{Kind::plan, 0, *rc::gen::inRange(0, kFates), 2};
    const Step readiness{Kind::readiness, 0, *rc::gen::inRange(0, kReadinesses), 0};
    const auto alone = sent_to_others(others, {}, false);
    const auto beside = sent_to_others(others, {fate, readiness}, true);
    RC_ASSERT(alone == beside);
  }));
}

// When the update that carries the change of now goes to that workload.
TrueTime goes_at(World& world, int who, int content) {
  world.take({Kind::change, who, 0, content});
  const std::size_t before = world.sent().size();
  for (int waits = 0; waits < 1000; ++waits) {
    for (std::size_t index = before; index < world.sent().size(); ++index) {
      if (world.sent()[index].key == workload_of(who).key) return world.sent()[index].at;
    }
    world.run_for(100ms);
  }
  RC_FAIL("it never went");
  return {};
}

TEST_CASE("Under a budget a storm of a namespace costs another at most one token of a turn") {
  CHECK(holds("isolation under a budget", [] {
    WorldOptions options;
    options.limits = kSlowBudget;
    options.crowd = 20;
    World world({*rc::gen::inRange<std::uint32_t>(0, 1000), {}}, options);
    world.run_for(30s);  // the first update of one that asks for it
    const int storms = *rc::gen::inRange(1, 60);
    for (int second = 0; second < storms; ++second) {
      for (int who = kWorkloads; who < kWorkloads + options.crowd; ++who) {
        world.take({Kind::change, who, 0, 1 + second % 2});
      }
      world.run_for(1s);
    }
    const TrueTime changed = world.now();
    const TrueTime sent = goes_at(world, 2, 1);
    // One token of the crowd's turn, one of its own, and what preparing and committing take.
    RC_ASSERT(sent - changed <= 2s + 1s);
  }));
}

}  // namespace
}  // namespace ebbgate::property
