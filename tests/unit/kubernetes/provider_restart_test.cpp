#include <doctest/doctest.h>

#include "tests/unit/kubernetes/provider_world.h"

namespace ebbgate::kubernetes::testing {
namespace {

TEST_CASE("A restart without a change writes nothing") {
  for (const Disk disk : {Disk::kept, Disk::empty}) {
    World world;
    world.start();
    world.change("2");
    world.rest();
    const int writes = world.server.writes;
    world.restart(disk);
    world.rest();
    CHECK(world.server.writes == writes);
  }
}

TEST_CASE("A change made while nobody watched is exactly one update") {
  for (const Disk disk : {Disk::kept, Disk::empty}) {
    AdoptedWorld world;
    world.kill();
    world.server.write_config("2");
    world.start(disk);
    world.rest();
    CHECK(world.updates() == 1);
    CHECK(world.converged());
  }
}

TEST_CASE("A term that begins without a database goes on at the workload's own level") {
  World world;
  world.start();
  for (const char* content : {"2", "3", "4"}) {
    world.change(content);
    world.advance(10s);
  }
  REQUIRE(world.level() == 3);
  world.restart(Disk::empty);
  CHECK(world.workload().memory.level == 3);
  world.change("5");
  world.advance(3s);
  CHECK(world.updates() == 3);
  world.advance(2s);
  CHECK(world.updates() == 4);
  CHECK(world.level() == 4);
  CHECK(world.counter() == 4);
}

TEST_CASE("Of two records the one with the higher counter rules") {
  World world;
  world.start();
  world.change("2");
  world.advance(1s);
  world.save_disk();
  world.change("3");
  world.advance(1min);
  REQUIRE(world.counter() == 2);
  world.restart(Disk::old);
  CHECK(world.workload().memory.level == 2);
  world.rest();
  CHECK(world.updates() == 2);
}

TEST_CASE("Of two records with one counter the database rules, which knows of forgiving") {
  World world;
  world.start();
  world.change("2");
  world.rest();
  REQUIRE(world.level() == 1);
  world.restart();
  CHECK(world.workload().memory.level == 0);
  CHECK(world.level() == 1);
}

TEST_CASE("A state that was written for another uid is not believed, and replaced") {
  AdoptedWorld world;
  world.kill();
  auto foreign = *world.server.state();
  foreign["uid"] = "another";
  foreign["counter"] = 77;
  foreign["level"] = 9;
  world.server.annotate("ebbgate.io/state", foreign.dump());
  world.start(Disk::empty);
  CHECK(world.workload().memory.level == 0);
  world.rest();
  CHECK(world.counter() == 0);
  CHECK(world.server.state()->at("uid") == "uid-1");
  CHECK(world.updates() == 0);
}

TEST_CASE("A hash that does not belong to the template any more tells what was applied") {
  World world;
  world.start();
  world.change("2");
  world.rest();
  world.change("3");
  world.server.set_image("app:2");
  world.rest();
  world.kill();
  world.server.set_image("app:3");
  world.server.finish_rollout();
  world.server.write_config("2");
  world.start(Disk::empty);
  world.rest();
  CHECK(world.converged());
}

TEST_CASE("Of what was taken on without an update the state tells, for a term without a database") {
  World world;
  world.start();
  world.change("2");
  world.rest();
  world.server.write_config("3");
  world.server.set_image("app:2");
  world.rest();
  REQUIRE(world.updates() == 1);
  CHECK(world.server.state()->at("applied") != *world.server.hash());
  world.restart(Disk::empty);
  world.rest();
  CHECK(world.updates() == 1);
  world.change("2");
  world.rest();
  CHECK(world.updates() == 2);
}

TEST_CASE("A crash while an update is under way is resolved by what the workload carries") {
  for (const Disk disk : {Disk::kept, Disk::empty}) {
    AdoptedWorld landed;
    landed.fates = {Fate::answered};
    landed.before_reply = [&] { throw 1; };
    CHECK_THROWS(landed.change("2"));
    landed.restart(disk);
    landed.rest();
    CHECK(landed.updates() == 1);

    AdoptedWorld lost;
    lost.fates = {Fate::lost};
    lost.before_reply = [&] { throw 1; };
    CHECK_THROWS(lost.change("2"));
    lost.restart(disk);
    lost.rest();
    CHECK(lost.updates() == 1);
    CHECK(lost.converged());
  }
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
