#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/kubernetes/provider_world.h"

namespace ebbgate::kubernetes::testing {
namespace {

TEST_CASE("An owner's change seen by the watch takes on what is desired at that moment") {
  AdoptedWorld world;
  world.change("2");
  world.advance(100ms);
  REQUIRE(world.updates() == 1);
  world.change("3");
  CHECK(world.workload().change_pending);
  world.server.finish_rollout();
  world.server.set_image("app:2");
  world.deliver();
  world.pump();
  CHECK_FALSE(world.workload().change_pending);
  world.rest();
  CHECK(world.updates() == 1);
  CHECK(world.converged());
}

TEST_CASE("A rollout stays complete while somebody annotates faster than the cluster observes") {
  AdoptedWorld world;
  world.change("2");
  world.advance(100ms);
  REQUIRE(world.updates() == 1);
  world.server.finish_rollout();
  world.server.annotate("tool.example/seen", "1");
  world.change("3");
  CHECK(world.workload().change_pending);
  world.server.set_image("app:2");
  world.deliver();
  world.pump();
  CHECK_FALSE(world.workload().change_pending);
  world.rest();
  CHECK(world.updates() == 1);
  CHECK(world.converged());
}

TEST_CASE("After an owner's change a change back is a change") {
  World world;
  world.start();
  world.change("2");
  world.advance(100ms);
  world.change("3");
  world.server.set_image("app:2");
  world.deliver();
  world.change("2");
  world.rest();
  CHECK(world.updates() == 2);
  CHECK(world.converged());
}

TEST_CASE("An owner's change during a mixed rollout is followed by one update") {
  AdoptedWorld world;
  world.change("2");
  world.rolls_out = false;
  world.advance(1s);
  REQUIRE(world.updates() == 1);
  world.server.progress();
  world.server.set_image("app:2");
  world.rest();
  CHECK(world.updates() == 2);
  CHECK(world.converged());
}

TEST_CASE("An undo during a rollout, to a revision whose pods live on, is followed by one update") {
  AdoptedWorld world;
  world.change("2");
  world.rolls_out = false;
  world.advance(1s);
  world.server.progress();
  world.server.undo();
  world.rest();
  CHECK(world.updates() == 2);
  CHECK(world.converged());
}

TEST_CASE("An owner's changes without any of the configuration need no update") {
  AdoptedWorld world;
  world.rolls_out = false;
  for (const char* image : {"app:2", "app:3", "app:4"}) {
    world.server.set_image(image);
    world.server.progress();
    world.advance(1s);
  }
  world.rest();
  CHECK(world.updates() == 0);
}

TEST_CASE("Configuration that was in place before an owner's change needs no update however late") {
  AdoptedWorld world;
  world.server.write_config("2");
  world.server.set_image("app:2");
  world.deliver_workload();
  world.deaf = true;
  world.pump();
  world.advance(10s);
  world.deliver_configuration();
  world.rest();
  CHECK(world.updates() == 0);
  CHECK(world.converged());
}

TEST_CASE(
    "Configuration that came after an owner's change of which the watch tells late is rolled out") {
  World world;
  world.start();
  world.change("1a");
  world.change("1b");
  world.rolls_out = false;
  world.rest(10s);
  world.change("1c");
  world.deaf = true;
  const std::size_t before = world.updates();
  world.server.set_image("app:2");
  world.server.finish_rollout();
  world.server.write_config("2");
  world.deliver_configuration();
  world.pump();
  world.rest();
  CHECK(world.updates() > before);
  CHECK(world.converged());
}

TEST_CASE(
    "An owner's change found by a list is followed by an update only where fingerprints differ") {
  World same;
  same.start();
  same.change("2");
  same.rest();
  same.server.set_image("app:2");
  same.relist();
  same.rest();
  CHECK(same.updates() == 1);

  World different;
  different.start();
  different.change("2");
  different.rest();
  different.server.write_config("3");
  different.server.set_image("app:2");
  different.relist();
  different.rest();
  CHECK(different.updates() == 2);
  CHECK(different.converged());
}

TEST_CASE("What `kubectl replace` strips is written back, and the level is kept") {
  World world;
  world.start();
  world.change("2");
  world.advance(2s);
  world.change("3");
  world.advance(10s);
  REQUIRE(world.level() == 2);
  world.server.replace();
  world.advance(2s);
  CHECK(world.counter() == 2);
  CHECK(world.level() == 2);
  CHECK(world.workload().memory.level == 2);
  world.rest();
  CHECK(world.updates() == 2);
  CHECK(world.converged());
}

TEST_CASE("A workload made anew keeps its level, and needs no update") {
  World world;
  world.start();
  world.change("2");
  world.advance(2s);
  world.server.recreate();
  world.advance(2s);
  CHECK(world.workload().memory.level == 1);
  REQUIRE(world.server.state());
  CHECK(world.counter() == 1);
  CHECK(world.level() == 1);
  world.rest();
  CHECK(world.updates() == 1);
}

TEST_CASE("A workload made anew with another configuration begins with it") {
  World world;
  world.start();
  world.change("2");
  world.advance(2s);
  world.server.remove();
  world.advance(1s);
  world.change("3");
  world.server.recreate();
  world.rest();
  CHECK(world.updates() == 1);
  CHECK(world.converged());
}

TEST_CASE("A paused workload is written to once it is resumed") {
  AdoptedWorld world;
  world.server.pause(true);
  world.advance(1s);
  const int writes = world.server.writes;
  world.change("2");
  world.rest();
  CHECK(world.server.writes == writes);
  CHECK(world.workload().hold.held);
  world.server.pause(false);
  world.rest();
  CHECK(world.updates() == 1);
  CHECK(world.converged());
}

TEST_CASE("With OnDelete somebody is told to delete the pods, at each update") {
  World world;
  world.server.set_strategy("OnDelete");
  world.start();
  world.change("2");
  world.advance(2s);
  world.change("3");
  world.advance(10s);
  REQUIRE(world.updates() == 2);
  const auto notices = world.notices();
  CHECK(std::count_if(notices.begin(), notices.end(), [](const Notice& notice) {
          return notice.reason == "WaitsForDeletion";
        }) == 2);
}

TEST_CASE("A workload that is being deleted is left alone") {
  AdoptedWorld world;
  world.server.begin_deletion();
  world.advance(1s);
  const int writes = world.server.writes;
  world.change("2");
  world.rest();
  CHECK(world.server.writes == writes);
}

TEST_CASE("An owner's undo between an update's landing and its answer is followed by an update") {
  for (const Fate fate : {Fate::answered, Fate::landed}) {
    for (const bool seen : {true, false}) {
      AdoptedWorld world;
      world.rolls_out = false;
      world.fates = {fate};
      world.before_reply = [&] {
        world.server.progress();
        world.server.undo();
        if (seen) world.deliver();
      };
      world.change("2");
      world.rest();
      CHECK(world.updates() == 2);
      CHECK(world.converged());
    }
  }
}

TEST_CASE("A template that the answer to a record shows first is judged by what the watch tells") {
  AdoptedWorld world;
  world.rolls_out = false;
  world.server.replace();
  world.deliver();
  world.pump();
  world.deaf = true;
  world.server.set_image("app:0");
  world.server.write_config("0");
  world.advance(100ms);
  world.rest();
  CHECK(world.converged());
}

TEST_CASE(
    "Configuration that was in place before two changes of the owner may not be on all pods") {
  AdoptedWorld world;
  world.rolls_out = false;
  world.server.write_config("0");
  world.server.set_image("app:0");
  world.server.set_image("app:1");
  world.deliver_workload();
  world.pump();
  world.rest();
  CHECK(world.updates() == 1);
  CHECK(world.converged());
}

TEST_CASE("That pods may run with anything is not forgotten by a restart in the middle of it") {
  AdoptedWorld world;
  world.rolls_out = false;
  const auto undo = [&] {
    world.server.undo();
    world.deliver();
  };
  world.before_reply = undo;
  world.change("0");
  world.restart();
  world.server.finish_rollout();
  world.fates = {Fate::refused};
  world.before_reply = undo;
  world.advance(1s);
  undo();
  world.pump();
  world.rest();
  CHECK(world.converged());
}

TEST_CASE(
    "What an owner's change took on is known after a restart before the workload carries it") {
  AdoptedWorld world;
  world.rolls_out = false;
  const auto set_image = [&](const char* image) {
    world.server.set_image(image);
    world.deliver();
    world.pump();
  };
  world.change("0");
  world.change("1");
  set_image("app:0");
  world.server.finish_rollout();
  world.advance(100ms);
  set_image("app:1");
  world.restart();
  world.change("0");
  world.rest();
  CHECK(world.converged());
}

TEST_CASE("That nobody knows any more what was taken on is known to the next process") {
  SUBCASE("when the template still has the hash from before its owner changed it") {
    AdoptedWorld world;
    world.rolls_out = false;
    world.change("0");
    world.change("1");
    world.server.set_image("app:0");
    world.deliver();
    world.pump();
    world.restart();
    world.change("0");
    world.rest();
    CHECK(world.updates() == 2);
    CHECK(world.converged());
  }
  SUBCASE("when the owner went back while updates were refused") {
    AdoptedWorld world;
    world.rolls_out = false;
    world.server.set_image("app:0");
    world.deliver();
    world.pump();
    world.before_reply = [&] {
      world.server.undo();
      world.deliver();
    };
    world.fates = {Fate::refused, Fate::refused};
    world.server.progress();
    world.change("0");
    world.change("1");
    world.advance(1s);
    world.restart(Disk::empty);
    world.rest();
    CHECK(world.converged());
  }
  SUBCASE("when nothing but the database tells of it") {
    World world;
    world.start();
    world.rolls_out = false;
    world.change("0");
    world.advance(1s);
    world.restart(Disk::empty);
    world.server.undo();
    world.deliver();
    world.pump();
    world.server.replace();
    world.deliver();
    world.pump();
    world.restart();
    world.rest();
    CHECK(world.converged());
  }
  SUBCASE("when the record was stripped before") {
    AdoptedWorld world;
    world.rolls_out = false;
    world.deaf = true;
    world.server.write_config("0");
    world.server.replace();
    world.before_reply = [&] { world.server.set_image("app:9"); };
    world.deliver_configuration();
    world.pump();
    world.server.set_image("app:1");
    world.deaf = false;
    world.advance(1s);
    world.restart(Disk::empty);
    world.rest();
    CHECK(world.converged());
  }
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
