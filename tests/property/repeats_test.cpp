#include <array>
#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include "tests/property/check.h"
#include "tests/property/world/generate.h"

namespace ebbgate::property {
namespace {

using namespace std::chrono_literals;
using Kind = Step::Kind;

// Those that are adopted as they are, and begin without a level.
constexpr int kAdopted = 3;

constexpr std::array<Fate, 4> kUncertain{Fate::slow, Fate::unknown, Fate::unknown_nothing,
                                         Fate::unknown_late};

// What leaves it unknown whether an update took effect: the process dies in the middle of it, or no
// answer tells.
rc::Gen<Step> interruption(int who) {
  const auto kind = rc::gen::weightedElement<Kind>(
      {{8, Kind::die}, {4, Kind::plan}, {2, Kind::reboot}, {2, Kind::stop}, {4, Kind::wait}});
  return rc::gen::map(any_step(kind), [who](Step step) {
    step.who = who;
    if (step.kind != Kind::plan) return step;
    const auto drawn = static_cast<std::size_t>(step.a) % kUncertain.size();
    step.a = static_cast<int>(kUncertain.at(drawn));
    return step;
  });
}

TEST_CASE("However often one content is repeated it stays at the level of its first attempt") {
  CHECK(holds("repeats raise no level", [] {
    const int who = *rc::gen::inRange(0, kAdopted);
    const auto interruptions = *rc::gen::container<std::vector<Step>>(interruption(who));
    World world({*rc::gen::inRange<std::uint32_t>(0, 1000), {}});
    world.run_for(1s);
    RC_ASSERT(world.level(who) == 0);
    world.take({Kind::change, who, 0, 1});
    for (const Step& step : interruptions) {
      world.take(step);
      world.run_for(3s);
      RC_ASSERT(world.level(who) <= 1);
    }
    world.rest();
    expect_kept(world, Promise::spacing);
    expect_kept(world, Promise::convergence);
  }));
}

}  // namespace
}  // namespace ebbgate::property
