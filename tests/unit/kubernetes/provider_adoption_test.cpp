#include <doctest/doctest.h>

#include "controller/kubernetes/wave_hash.h"
#include "tests/unit/kubernetes/provider_world.h"

namespace ebbgate::kubernetes::testing {
namespace {

TEST_CASE("A workload seen for the first time gets its state on its metadata, and no rollout") {
  AdoptedWorld world;
  CHECK(world.server.state());
  CHECK_FALSE(world.server.hash());
  CHECK(world.counter() == 0);
  CHECK(world.server.writes == 1);
  world.rest();
  CHECK(world.server.writes == 1);
}

TEST_CASE("A change after the adoption is one update, which carries hash and state") {
  AdoptedWorld world;
  world.change("2");
  world.advance(1s);
  CHECK(world.updates() == 1);
  CHECK(world.counter() == 1);
  CHECK(world.level() == 1);
  CHECK(world.server.state()->at("hash") == *world.server.hash());
  CHECK(world.converged());
}

TEST_CASE("A change before the state could be written is one update as well") {
  World world;
  world.writes_records = false;
  world.start();
  world.change("2");
  world.rest();
  CHECK(world.updates() == 1);
  CHECK(world.converged());
}

TEST_CASE("A workload is adopted once its missing references are there") {
  World world;
  world.server.delete_config();
  world.start();
  world.advance(1min);
  CHECK(world.workload().missing == "ConfigMap default/web does not exist");
  CHECK_FALSE(world.server.state());
  world.change("2");
  world.rest();
  CHECK(world.updates() == 0);
  CHECK(world.server.state());
}

TEST_CASE("A reference that is added while Ebbgate watches is adopted, also across a restart") {
  World world;
  world.start();
  world.change("2");
  world.rest();
  world.server.annotate("ebbgate.io/extra-configmaps", "web:key");
  world.rest();
  CHECK(world.updates() == 1);
  world.restart(Disk::empty);
  world.rest();
  CHECK(world.updates() == 1);
}

// A workload that Wave updated last, while the ConfigMap held `content`.
void hand_over_from_wave(World& world, const std::string& content) {
  world.server.write_config(content);
  const ConfigName name{ConfigKind::config_map, "default", "web"};
  const auto hash =
      WaveHash::of({{name, "", false}}, [&](const ConfigName&) { return world.server.config(); });
  world.server.annotate("ebbgate.io/watch", std::nullopt);
  world.server.annotate("wave.pusher.com/update-on-config-change", "true");
  world.server.set_template_annotation("wave.pusher.com/config-hash", hash.value());
  world.server.finish_rollout();
}

TEST_CASE("A workload that runs with what Wave gave it is taken over without a rollout") {
  World world;
  hand_over_from_wave(world, "2");
  world.start();
  world.rest();
  CHECK(world.updates() == 0);
  REQUIRE(world.server.state());
  CHECK(world.counter() == 0);
  world.change("3");
  world.rest();
  CHECK(world.updates() == 1);
  CHECK(world.converged());
}

TEST_CASE("A change that Wave did not roll out any more is one update, also across a restart") {
  for (const Disk disk : {Disk::kept, Disk::empty}) {
    World world;
    hand_over_from_wave(world, "2");
    world.server.write_config("3");
    world.start();
    world.rest();
    CHECK(world.updates() == 1);
    CHECK(world.converged());
    world.restart(disk);
    world.rest();
    CHECK(world.updates() == 1);
  }
}

TEST_CASE("Ignoring a ConfigMap is no change, nor is what happens to it then") {
  AdoptedWorld world;
  world.server.ignore_config(true);
  world.rest();
  world.change("2");
  world.rest();
  CHECK(world.updates() == 0);
}

TEST_CASE("A ConfigMap that is not ignored any more is no change, and changes of it are again") {
  for (const Disk disk : {Disk::kept, Disk::empty}) {
    World world;
    world.server.ignore_config(true);
    world.start();
    world.rest();
    world.server.ignore_config(false);
    world.rest();
    CHECK(world.updates() == 0);
    world.restart(disk);
    world.rest();
    CHECK(world.updates() == 0);
    world.change("2");
    world.rest();
    CHECK(world.updates() == 1);
    CHECK(world.converged());
  }
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
