#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/kubernetes/provider_world.h"

namespace ebbgate::kubernetes::testing {
namespace {

TEST_CASE("Storms are spaced by the level that the state carries") {
  World world;
  world.start();
  for (int i = 0; i < 600; ++i) {
    world.change(std::to_string(i));
    world.advance(1s);
  }
  world.rest(2min);
  const auto& landings = world.server.landings;
  REQUIRE(landings.size() > 8);
  for (std::size_t i = 1; i < landings.size(); ++i) {
    CHECK(landings[i].at - landings[i - 1].at >=
          std::min<Duration>(64s, (1 << (landings[i - 1].level - 1)) * 1s));
    CHECK(landings[i].counter == landings[i - 1].counter + 1);
  }
  CHECK(world.converged());
}

TEST_CASE("What was refused goes out again after the retry backoff") {
  AdoptedWorld world;
  world.fates = {Fate::refused, Fate::refused};
  world.change("2");
  CHECK(world.updates() == 0);
  CHECK(world.workload().memory.level == 0);
  world.rest();
  CHECK(world.updates() == 1);
  CHECK(world.level() == 1);
}

TEST_CASE("A write of somebody else between look and update leads to a decision at once") {
  AdoptedWorld world;
  world.deaf = true;
  world.server.annotate("ebbgate.io/state", std::nullopt);
  world.before_reply = [&] { world.deliver(); };
  world.change("2");
  CHECK(world.updates() == 1);
  CHECK(world.counter() == 1);
}

TEST_CASE("The second failed test in a row waits for the retry backoff") {
  AdoptedWorld world;
  world.deaf = true;
  const auto meddle = [&] { world.server.annotate("ebbgate.io/state", std::nullopt); };
  meddle();
  world.before_reply = [&] {
    world.deliver();
    world.server.annotate("ebbgate.io/state", "{}");
  };
  world.server.write_config("2");
  world.deliver_configuration();
  world.pump();
  CHECK(world.updates() == 0);
  CHECK(world.workload().refusals == 2);
  CHECK(world.workload().retry_at > world.clock.now().boot);
  world.rest();
  CHECK(world.updates() == 1);
}

TEST_CASE("An update whose answer was lost is found on the workload") {
  AdoptedWorld world;
  world.fates = {Fate::landed};
  world.change("2");
  CHECK(world.workload().memory.applied.has_value());
  world.rest();
  CHECK(world.updates() == 1);
}

TEST_CASE("An update that the watch shows before its answer is found even where reading fails") {
  AdoptedWorld world;
  world.fates = {Fate::landed};
  world.reads_fail = true;
  world.before_reply = [&] { world.deliver(); };
  world.change("2");
  CHECK(world.workload().memory.applied.has_value());
  world.rest();
  CHECK(world.updates() == 1);
}

TEST_CASE("An update that was repeated on its way is one update") {
  AdoptedWorld world;
  world.fates = {Fate::sent_twice};
  world.change("2");
  CHECK(world.workload().memory.level == 1);
  CHECK(world.workload().memory.applied.has_value());
  world.rest();
  CHECK(world.updates() == 1);
}

TEST_CASE("An answer that is not understood is still an applied update") {
  AdoptedWorld world;
  world.fates = {Fate::without_body};
  world.change("2");
  world.rest();
  CHECK(world.updates() == 1);
  CHECK(world.workload().memory.rollout == governor::Rollout::ready);
}

TEST_CASE(
    "An update that was lost goes out again after the next delay, and raises the level no "
    "further") {
  AdoptedWorld world;
  world.fates = {Fate::lost};
  world.change("2");
  CHECK(world.workload().memory.level == 1);
  world.advance(900ms);
  CHECK(world.updates() == 0);
  world.rest();
  REQUIRE(world.updates() == 1);
  CHECK(world.level() == 1);
}

TEST_CASE("A lost update and a change back need nothing more") {
  AdoptedWorld world;
  world.fates = {Fate::lost};
  world.change("2");
  world.change("1");
  world.rest();
  CHECK(world.updates() == 0);
}

TEST_CASE("An update that lands late counts from when it is seen, and is not repeated") {
  AdoptedWorld world;
  world.fates = {Fate::late};
  world.change("2");
  world.advance(900ms);
  world.land_late();
  const BootTime seen = world.clock.now().boot;
  world.deliver();
  world.pump();
  CHECK(world.workload().memory.answered_at == seen);
  CHECK(world.updates() == 1);
  world.rest();
  CHECK(world.updates() == 1);
  CHECK(world.converged());
}

TEST_CASE("Of an update that lands late and its repeat only one takes effect") {
  AdoptedWorld world;
  world.fates = {Fate::late};
  world.change("2");
  world.advance(2s);
  REQUIRE(world.updates() == 1);
  world.land_late();
  world.rest();
  CHECK(world.updates() == 1);

  AdoptedWorld unseen;
  unseen.fates = {Fate::late};
  unseen.change("2");
  unseen.deaf = true;
  unseen.advance(500ms);
  unseen.land_late();
  unseen.advance(500ms);
  unseen.rest();
  CHECK(unseen.updates() == 1);
}

TEST_CASE("Another leader's update counts, from when it is seen") {
  World world;
  world.start();
  world.change("2");
  world.advance(5s);
  auto state = *world.server.state();
  state["counter"] = 2;
  state["level"] = 5;
  world.server.annotate("ebbgate.io/state", state.dump());
  world.deliver();
  world.pump();
  CHECK(world.workload().memory.level == 5);
  CHECK(world.workload().memory.answered_at == world.clock.now().boot);
  world.change("3");
  world.advance(15s);
  CHECK(world.updates() == 1);
  world.advance(2s);
  REQUIRE(world.updates() == 2);
  CHECK(world.counter() == 3);
}

TEST_CASE("An update that another leader's has overtaken is not sent") {
  World world;
  world.start();
  world.change("2");
  world.advance(5s);
  auto state = *world.server.state();
  state["counter"] = 2;
  state["level"] = 5;
  world.server.annotate("ebbgate.io/state", state.dump());
  world.server.write_config("3");
  world.deliver_configuration();
  world.deliver_workload();
  world.deaf = true;
  world.pump();
  CHECK(world.updates() == 1);
  world.rest();
  CHECK(world.updates() == 2);
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
