#include <doctest/doctest.h>

#include "controller/kubernetes/wave_hash.h"
#include "tests/unit/kubernetes/provider_world.h"

namespace ebbgate::kubernetes::testing {
namespace {

std::uint64_t counter_of(const World& world) {
  return world.server.state().value().at("counter").get<std::uint64_t>();
}

int level_of(const World& world) {
  return world.server.state().value().at("level").get<int>();
}

TEST_CASE("A workload seen for the first time gets its state on its metadata, and no rollout") {
  World world;
  world.start();
  world.advance(1s);
  CHECK(world.server.state());
  CHECK_FALSE(world.server.hash());
  CHECK(counter_of(world) == 0);
  CHECK(world.server.writes == 1);
  world.rest();
  CHECK(world.server.writes == 1);
}

TEST_CASE("A change after the adoption is one update, which carries hash and state") {
  World world;
  world.start();
  world.advance(1s);
  world.change("2");
  world.advance(1s);
  CHECK(world.updates() == 1);
  CHECK(counter_of(world) == 1);
  CHECK(level_of(world) == 1);
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
    World world;
    world.start();
    world.advance(1s);
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
  REQUIRE(level_of(world) == 3);
  world.restart(Disk::empty);
  CHECK(world.workload().memory.level == 3);
  world.change("5");
  world.advance(3s);
  CHECK(world.updates() == 3);
  world.advance(2s);
  CHECK(world.updates() == 4);
  CHECK(level_of(world) == 4);
  CHECK(counter_of(world) == 4);
}

TEST_CASE("Of two records the one with the higher counter rules") {
  World world;
  world.start();
  world.change("2");
  world.advance(1s);
  world.save_disk();
  world.change("3");
  world.advance(1min);
  REQUIRE(counter_of(world) == 2);
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
  REQUIRE(level_of(world) == 1);
  world.restart();
  CHECK(world.workload().memory.level == 0);
  CHECK(level_of(world) == 1);
}

TEST_CASE("A state that was written for another uid is not believed, and replaced") {
  World world;
  world.start();
  world.advance(1s);
  world.kill();
  auto foreign = *world.server.state();
  foreign["uid"] = "another";
  foreign["counter"] = 77;
  foreign["level"] = 9;
  world.server.annotate("ebbgate.io/state", foreign.dump());
  world.start(Disk::empty);
  CHECK(world.workload().memory.level == 0);
  world.rest();
  CHECK(counter_of(world) == 0);
  CHECK(world.server.state()->at("uid") == "uid-1");
  CHECK(world.updates() == 0);
}

TEST_CASE("An owner's change seen by the watch takes on what is desired at that moment") {
  World world;
  world.start();
  world.advance(1s);
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
  World world;
  world.start();
  world.advance(1s);
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
  World world;
  world.start();
  world.advance(1s);
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
  World world;
  world.start();
  world.advance(1s);
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
  World world;
  world.start();
  world.advance(1s);
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
  World world;
  world.start();
  world.advance(1s);
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

TEST_CASE("What `kubectl replace` strips is written back, and the level is kept") {
  World world;
  world.start();
  world.change("2");
  world.advance(2s);
  world.change("3");
  world.advance(10s);
  REQUIRE(level_of(world) == 2);
  world.server.replace();
  world.advance(2s);
  CHECK(counter_of(world) == 2);
  CHECK(level_of(world) == 2);
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
  CHECK(counter_of(world) == 1);
  CHECK(level_of(world) == 1);
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
  World world;
  world.start();
  world.advance(1s);
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
  World world;
  world.start();
  world.advance(1s);
  world.server.begin_deletion();
  world.advance(1s);
  const int writes = world.server.writes;
  world.change("2");
  world.rest();
  CHECK(world.server.writes == writes);
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

TEST_CASE("What was refused goes out again after the retry backoff") {
  World world;
  world.start();
  world.advance(1s);
  world.fates = {Fate::refused, Fate::refused};
  world.change("2");
  CHECK(world.updates() == 0);
  CHECK(world.workload().memory.level == 0);
  world.rest();
  CHECK(world.updates() == 1);
  CHECK(level_of(world) == 1);
}

TEST_CASE("A write of somebody else between look and update leads to a decision at once") {
  World world;
  world.start();
  world.advance(1s);
  world.deaf = true;
  world.server.annotate("ebbgate.io/state", std::nullopt);
  world.before_reply = [&] { world.deliver(); };
  world.change("2");
  CHECK(world.updates() == 1);
  CHECK(counter_of(world) == 1);
}

TEST_CASE("The second failed test in a row waits for the retry backoff") {
  World world;
  world.start();
  world.advance(1s);
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
  World world;
  world.start();
  world.advance(1s);
  world.fates = {Fate::landed};
  world.change("2");
  CHECK(world.workload().memory.applied.has_value());
  world.rest();
  CHECK(world.updates() == 1);
}

TEST_CASE("An update that the watch shows before its answer is found even where reading fails") {
  World world;
  world.start();
  world.advance(1s);
  world.fates = {Fate::landed};
  world.reads_fail = true;
  world.before_reply = [&] { world.deliver(); };
  world.change("2");
  CHECK(world.workload().memory.applied.has_value());
  world.rest();
  CHECK(world.updates() == 1);
}

TEST_CASE("An update that was repeated on its way is one update") {
  World world;
  world.start();
  world.advance(1s);
  world.fates = {Fate::sent_twice};
  world.change("2");
  CHECK(world.workload().memory.level == 1);
  CHECK(world.workload().memory.applied.has_value());
  world.rest();
  CHECK(world.updates() == 1);
}

TEST_CASE("An answer that is not understood is still an applied update") {
  World world;
  world.start();
  world.advance(1s);
  world.fates = {Fate::without_body};
  world.change("2");
  world.rest();
  CHECK(world.updates() == 1);
  CHECK(world.workload().memory.rollout == governor::Rollout::ready);
}

TEST_CASE("An update that was lost goes out again after the delay of its level") {
  World world;
  world.start();
  world.advance(1s);
  world.fates = {Fate::lost};
  world.change("2");
  CHECK(world.workload().memory.level == 1);
  world.advance(900ms);
  CHECK(world.updates() == 0);
  world.rest();
  REQUIRE(world.updates() == 1);
  CHECK(level_of(world) == 2);
}

TEST_CASE("A lost update and a change back need nothing more") {
  World world;
  world.start();
  world.advance(1s);
  world.fates = {Fate::lost};
  world.change("2");
  world.change("1");
  world.rest();
  CHECK(world.updates() == 0);
}

TEST_CASE("An update that lands late counts from when it is seen, and is not repeated") {
  World world;
  world.start();
  world.advance(1s);
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
  World world;
  world.start();
  world.advance(1s);
  world.fates = {Fate::late};
  world.change("2");
  world.advance(1s);
  REQUIRE(world.updates() == 1);
  world.land_late();
  world.rest();
  CHECK(world.updates() == 1);

  World unseen;
  unseen.start();
  unseen.advance(1s);
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
  World other;
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
  CHECK(counter_of(world) == 3);
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

TEST_CASE("An owner's undo between an update's landing and its answer is followed by an update") {
  for (const Fate fate : {Fate::answered, Fate::landed}) {
    for (const bool seen : {true, false}) {
      World world;
      world.start();
      world.advance(1s);
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
    World landed;
    landed.start();
    landed.advance(1s);
    landed.fates = {Fate::answered};
    landed.before_reply = [&] { throw 1; };
    CHECK_THROWS(landed.change("2"));
    landed.restart(disk);
    landed.rest();
    CHECK(landed.updates() == 1);

    World lost;
    lost.start();
    lost.advance(1s);
    lost.fates = {Fate::lost};
    lost.before_reply = [&] { throw 1; };
    CHECK_THROWS(lost.change("2"));
    lost.restart(disk);
    lost.rest();
    CHECK(lost.updates() == 1);
    CHECK(lost.converged());
  }
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
  CHECK(counter_of(world) == 0);
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
  World world;
  world.start();
  world.advance(1s);
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
