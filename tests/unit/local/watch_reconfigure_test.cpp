#include <doctest/doctest.h>

#include "tests/unit/local/watch_support.h"

using namespace ebbgate;
using namespace ebbgate::local;
using namespace ebbgate::local::testing;
using namespace std::chrono_literals;

TEST_CASE("a reload tells of new, changed and removed workloads, and of no others") {
  const TemporaryFolder folder;
  write_file(folder / "a", "a");
  write_file(folder / "b", "b");
  Watching watching(settings({workload("stays", {folder / "a"}), workload("goes", {folder / "a"}),
                              workload("changes", {folder / "a"})}));
  watching.start();
  LocalWorkload changes = workload("changes", {folder / "a", folder / "b", folder / "a"});
  changes.hold.held = true;
  changes.ready = LocalReadiness{};
  changes.adopt_on_first_sight = false;
  changes.backoff.max = 5min;
  watching.watcher().reconfigure(watching.with_marker(
      settings({workload("stays", {folder / "a"}), changes, workload("comes", {folder / "b"})})));
  watching.recorder.wait_for_digest("comes", file_digest("b"));
  watching.recorder.wait_until("changes is told",
                               [&] { return watching.recorder.count("changes") == 2; });
  const Observation told = watching.recorder.last("changes");
  REQUIRE(told.references->size() == 2);
  CHECK(told.references->at(0) == Reference{folder / "a", file_digest("a")});
  CHECK(told.references->at(1) == Reference{folder / "b", file_digest("b")});
  CHECK(told.hold.held);
  CHECK(told.judged);
  CHECK_FALSE(told.adopt);
  CHECK(told.policy->backoff().max == Duration(5min));
  CHECK(watching.recorder.gone() == std::vector<std::string>{"goes"});
  watching.pass_marker();
  CHECK(watching.recorder.count("stays") == 1);
  CHECK(watching.recorder.count("goes") == 1);

  write_file(folder / "a", "a2");
  watching.recorder.wait_for_digest("stays", file_digest("a2"));
  watching.pass_marker();
  CHECK(watching.recorder.count("goes") == 1);
  CHECK(watching.recorder.listed() == 1);
}

TEST_CASE("workloads with equal settings share their policy, and paths are shared too") {
  const TemporaryFolder folder;
  write_file(folder / "a", "1");
  Watching watching(settings({workload("one", {folder / "a"}), workload("two", {folder / "a"})}));
  watching.start();
  CHECK(watching.recorder.last("one").policy == watching.recorder.last("two").policy);
  const std::uint64_t reads = watching.watcher().statistics().reads;
  write_file(folder / "a", "2");
  watching.recorder.wait_for_digest("one", file_digest("2"));
  watching.recorder.wait_for_digest("two", file_digest("2"));
  CHECK(watching.watcher().statistics().reads == reads + 1);
}

TEST_CASE("other globs to ignore count from the reload on") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  write_file(folder / "conf.d/a.conf", "1");
  write_file(folder / "conf.d/a.bak", "1");
  Watching watching(settings({workload("all", {folder / "conf.d"})}));
  watching.start();
  LocalSettings other = settings({workload("all", {folder / "conf.d"})});
  other.ignore = {"*.bak"};
  watching.watcher().reconfigure(watching.with_marker(other));
  watching.recorder.wait_for_digest("all", folder_digest({{"a.conf", "1"}}));
}

TEST_CASE(
    "nothing is watched any more once the workloads are gone, and stopping comes at any time") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d/sub");
  write_file(folder / "conf.d/sub/a", "1");
  Watching watching(settings({workload("all", {folder / "conf.d"})}));
  watching.start();
  watching.watcher().reconfigure(settings({}));
  watching.recorder.wait_until("no watches",
                               [&] { return watching.watcher().statistics().watches == 0; });
  CHECK(watching.recorder.gone().size() == 2);
  watching.watcher().stop();
  watching.watcher().stop();
  watching.watcher().reconfigure(settings({}));

  Watching never(settings({workload("all", {folder / "conf.d"})}));
  never.watcher().stop();
}
