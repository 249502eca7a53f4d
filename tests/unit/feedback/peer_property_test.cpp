#include <cstdlib>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "tests/unit/feedback/peer_world.h"

namespace ebbgate::feedback {
namespace {

using testing::Luck;
using testing::PeerWorld;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr const char* kParameters = "seed=20240229 max_success=100 noshrink=1";
#else
constexpr const char* kParameters = "seed=20240229 max_success=1000 noshrink=1";
#endif

TEST_CASE(
    "through any history of answers, losses, restarts and crashes every message is accounted "
    "for, in order, and no dial comes before its time") {
  setenv("RC_PARAMS", kParameters, 0);
  int sends = 0;
  int crashes = 0;
  int early_dials = 0;
  int spent = 0;
  CHECK(rc::check("a peer", [&] {
    const auto numbers =
        *rc::gen::container<std::vector<unsigned>>(997, rc::gen::inRange(0U, 1U << 30));
    PeerWorld world{Luck(numbers)};
    for (int i = 0; i < 400; ++i) world.act();
    world.drain();
    sends += world.sends();
    crashes += world.crashes();
    early_dials += world.early_dials();
    spent += world.spent();
  }));
  // Each of them was put to the test.
  CHECK(sends > 1000);
  CHECK(crashes > 100);
  CHECK(early_dials > 100);
  CHECK(spent > 10);
}

}  // namespace
}  // namespace ebbgate::feedback
