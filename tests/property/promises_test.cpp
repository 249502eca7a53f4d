#include <doctest/doctest.h>

#include "tests/property/check.h"
#include "tests/property/world/generate.h"

namespace ebbgate::property {
namespace {

bool kept_in_all_histories(const std::string& name, Promise promise) {
  return holds(name, [promise] {
    const History history = *histories();
    WorldOptions options;
    options.limits = static_cast<int>(history.seed % 5);
    if (history.seed % 7 == 1) options.unknown_level = static_cast<int>(history.seed % 3);
    World world(history, options);
    world.run();
    expect_kept(world, promise);
  });
}

TEST_CASE("Two updates of one workload are never closer than its level demands") {
  CHECK(kept_in_all_histories("spacing", Promise::spacing));
}

TEST_CASE("Once the configuration rests the workload takes on the latest") {
  CHECK(kept_in_all_histories("convergence", Promise::convergence));
}

TEST_CASE("An update carries the newest fingerprint known when it is sent") {
  CHECK(kept_in_all_histories("latest wins", Promise::latest_wins));
}

TEST_CASE("Desired equals applied: no update, and one repeat for an unknown outcome") {
  CHECK(kept_in_all_histories("nothing for nothing", Promise::nothing_for_nothing));
}

TEST_CASE("A reconcile that finds no change touches no level") {
  CHECK(kept_in_all_histories("no change", Promise::no_change_no_level));
}

TEST_CASE("Every change is carried, coalesced or pending at any moment") {
  CHECK(kept_in_all_histories("accounting", Promise::accounting));
}

}  // namespace
}  // namespace ebbgate::property
