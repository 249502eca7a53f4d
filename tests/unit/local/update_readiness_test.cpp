#include <doctest/doctest.h>

#include "tests/unit/local/update_support.h"

namespace ebbgate::local {
namespace {

LocalWorkload with_ready(LocalWorkload workload, const std::string& script,
                         Duration timeout = kLimit * 2) {
  workload.ready.emplace();
  workload.ready->exec = {"sh", "-c", script};
  workload.ready->interval = std::chrono::milliseconds(20);
  workload.ready->timeout = timeout;
  return workload;
}

using Rollouts = std::vector<std::string>;

}  // namespace

TEST_CASE("A rollout whose probe succeeds is ready, once") {
  Bench bench;
  CHECK(bench.update(with_ready(command_workload({"true"}), "exit 0")).outcome == Outcome::applied);
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web ready"});
  bench.updater.stop(std::chrono::seconds(5));
  CHECK(bench.recorder.rollouts(1).size() == 1);
}

TEST_CASE("A rollout is probed until it is ready") {
  const TemporaryFolder folder;
  Bench bench;
  bench.update(with_ready(command_workload({"true"}),
                          "echo probe >> " + folder / "probes" + "; test -e " + folder / "ready"));
  REQUIRE(await([&] { return read_file(folder / "probes").size() >= 3 * 6; }));
  CHECK(bench.recorder.rollouts(0).empty());
  write_file(folder / "ready", "");
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web ready"});
}

TEST_CASE("A rollout that is never ready is failed once its time is over, and says why") {
  Bench bench;
  bench.update(with_ready(command_workload({"true"}), "exit 7", std::chrono::milliseconds(300)));
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web failed"});
  const auto lines = bench.recorder.lines(1);
  CHECK(lines.front().starts_with("default/Local/web: not ready within 300ms; last probe: "));
}

TEST_CASE("A rollout that was failed is probed on, and is ready when its service recovers") {
  const TemporaryFolder folder;
  Bench bench;
  bench.update(with_ready(command_workload({"true"}),
                          "echo probe >> " + folder / "probes" + "; test -e " + folder / "ready",
                          std::chrono::milliseconds(100)));
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web failed"});
  const auto before = read_file(folder / "probes").size();
  REQUIRE(await([&] { return read_file(folder / "probes").size() > before + 6; }));
  CHECK(bench.recorder.rollouts(0).size() == 1);
  write_file(folder / "ready", "");
  CHECK(bench.recorder.rollouts(2) == Rollouts{"web failed", "web ready"});
  bench.updater.stop(std::chrono::seconds(5));
  CHECK(bench.recorder.rollouts(0).size() == 2);
}

TEST_CASE("A new update ends the probing of a rollout that was failed") {
  const TemporaryFolder folder;
  Bench bench;
  bench.update(with_ready(command_workload({"true"}), "exit 1", std::chrono::milliseconds(50)));
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web failed"});
  bench.update(with_ready(command_workload({"true"}), "test -e " + folder / "ready"));
  write_file(folder / "ready", "");
  CHECK(bench.recorder.rollouts(2) == Rollouts{"web failed", "web ready"});
}

TEST_CASE("After an update that was refused, the rollout that was failed is probed on") {
  const TemporaryFolder folder;
  Bench bench;
  bench.update(with_ready(command_workload({"true"}), "test -e " + folder / "ready",
                          std::chrono::milliseconds(50)));
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web failed"});
  const std::string script = folder / "script";
  write_file(script, "#!/no/such/interpreter\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  CHECK(bench.update(command_workload({script})).outcome == Outcome::refused);
  write_file(folder / "ready", "");
  CHECK(bench.recorder.rollouts(2) == Rollouts{"web failed", "web ready"});
}

TEST_CASE("A rollout that was failed is probed as the settings say now, or not at all") {
  const TemporaryFolder folder;
  Bench bench;
  auto workload = with_ready(command_workload({"true"}), "exit 1", std::chrono::milliseconds(50));
  bench.update(workload);
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web failed"});
  workload.ready->exec = {"sh", "-c", "touch " + folder / "mended" + "; exit 1"};
  bench.updater.change_readiness({workload});
  REQUIRE(await([&] { return std::filesystem::exists(folder / "mended"); }));
  workload.ready.reset();
  bench.updater.change_readiness({workload});
  workload = with_ready(workload, "exit 0");
  bench.updater.change_readiness({workload});  // nothing is watched that could be changed
  workload.name = "other";
  bench.updater.watch_rollout(workload);
  CHECK(bench.recorder.rollouts(2) == Rollouts{"web failed", "other ready"});
}

TEST_CASE("What a probe found last is told with a failed rollout, and is not logged by itself") {
  Bench bench;
  bench.update(with_ready(command_workload({"true"}), "echo asked; echo 'no database' >&2; exit 7",
                          std::chrono::milliseconds(300)));
  CHECK(bench.recorder.found_not_ready(1) ==
        std::vector<std::string>{"last probe: exit status 7: asked | no database"});
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web failed"});
  const std::string why = "not ready within 300ms; last probe: exit status 7: asked | no database";
  CHECK(bench.recorder.whys() == std::vector<std::string>{why});
  CHECK(bench.recorder.lines(1) == std::vector<std::string>{"default/Local/web: " + why});
}

TEST_CASE("What a probe over HTTP is answered is told without what the probe carries") {
  RawServer server([](RawServer&, int connection) {
    say(connection,
        "HTTP/1.1 503 No\r\nContent-Length: 30\r\n\r\ndatabase s3cret-token is\x1b down");
  });
  Bench bench;
  auto workload = with_ready(command_workload({"true"}), "", std::chrono::milliseconds(300));
  workload.ready->exec.clear();
  workload.ready->http =
      HttpRequest{"GET", server.url("/healthz"), {{"Authorization", "Bearer s3cret-token"}}};
  bench.update(workload);
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web failed"});
  const std::string why = bench.recorder.whys().front();
  CAPTURE(why);
  CHECK(why.find("HTTP 503") != std::string::npos);
  CHECK(why.find("s3cret") == std::string::npos);
  CHECK(why.find('\x1b') == std::string::npos);
}

TEST_CASE("Readiness over HTTP is a 2xx answer") {
  std::atomic<int> probes = 0;
  RawServer server([&](RawServer& self, int connection) {
    answer_with(++probes < 3 ? "503 Not Yet" : "200 OK")(self, connection);
  });
  Bench bench;
  auto workload = with_ready(command_workload({"true"}), "");
  workload.ready->exec.clear();
  workload.ready->http = HttpRequest{"GET", server.url("/healthz"), {}};
  bench.update(workload);
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web ready"});
  CHECK(server.requests(3)[2].starts_with("GET /healthz HTTP/1.1\r\n"));
}

TEST_CASE("An update whose outcome is unknown is not probed") {
  const TemporaryFolder folder;
  Bench bench;
  bench.update(with_ready(shell_workload("exit 1"), "touch " + folder / "probed"));
  bench.update(with_ready(command_workload({"true"}), "exit 0"));
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web ready"});
  CHECK_FALSE(std::filesystem::exists(folder / "probed"));
}

TEST_CASE("A new update's rollout takes the place of the one before") {
  const TemporaryFolder folder;
  Bench bench;
  bench.update(with_ready(command_workload({"true"}), "touch " + folder / "first" + "; exit 1",
                          std::chrono::seconds(2)));
  REQUIRE(await([&] { return std::filesystem::exists(folder / "first"); }));
  const AttemptId id =
      bench.send(with_ready(command_workload({"true"}), "test -e " + folder / "second"));
  bench.recorder.answer(id);
  write_file(folder / "second", "");
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web ready"});
}

TEST_CASE("While an update is in flight no probe speaks; if it is refused, probing goes on") {
  const TemporaryFolder folder;
  const std::string script = folder / "script";
  write_file(script, "#!/no/such/interpreter\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  Bench bench;
  bench.update(with_ready(command_workload({"true"}), "test -e " + folder / "ready"));
  const AttemptId refused = bench.send(command_workload({script}));
  CHECK(bench.recorder.answer(refused).outcome == Outcome::refused);
  CHECK(bench.recorder.rollouts(0).empty());
  write_file(folder / "ready", "");
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web ready"});

  bench.update(with_ready(command_workload({"true"}), "test -e " + folder / "again"));
  const AttemptId flying =
      bench.send(shell_workload("touch " + folder / "flying" + "; until [ -e " + folder / "land" +
                                " ]; do sleep 0.02; done"));
  REQUIRE(await([&] { return std::filesystem::exists(folder / "flying"); }));
  write_file(folder / "again", "");
  write_file(folder / "land", "");
  CHECK(bench.recorder.answer(flying).outcome == Outcome::applied);
  bench.updater.stop(std::chrono::seconds(5));
  CHECK(bench.recorder.rollouts(1).size() == 1);
}

TEST_CASE("A probe that hangs is given up, and the next one counts") {
  const TemporaryFolder folder;
  Bench bench;
  bench.update(with_ready(
      command_workload({"true"}),
      "[ -e " + folder / "tried" + " ] || { touch " + folder / "tried" + "; exec sleep 1000; }"));
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web ready"});
}

TEST_CASE("A rollout of an earlier process is watched further, until it is forgotten") {
  const TemporaryFolder folder;
  Bench bench;
  auto workload = with_ready(command_workload({"true"}), "exit 0");
  bench.updater.watch_rollout(workload);
  CHECK(bench.recorder.rollouts(1) == Rollouts{"web ready"});
  auto other = with_ready(command_workload({"true"}), "touch " + folder / "probed" + "; exit 1",
                          std::chrono::milliseconds(500));
  other.name = "other";
  bench.updater.watch_rollout(other);
  REQUIRE(await([&] { return std::filesystem::exists(folder / "probed"); }));
  bench.updater.forget_rollout(Updater::key_of(other));
  bench.updater.watch_rollout(workload);
  CHECK(bench.recorder.rollouts(2) == Rollouts{"web ready", "web ready"});
}

}  // namespace ebbgate::local
