#include "controller/commands/release.h"

#include <doctest/doctest.h>

#include "tests/unit/commands/running.h"

namespace ebbgate::commands {

namespace {

using test::holds;
using test::Running;

const WorkloadKey kWeb{"default", "Local", "we b"};

int release_in(Running& running, const WorkloadKey& key, const std::string& socket) {
  return release({{key.text(), ""}, socket, true}, running.out, running.err);
}

}  // namespace

TEST_CASE("release goes over the admin socket") {
  Running running;
  running.source.add(kWeb);
  CHECK(release_in(running, kWeb, running.admin_socket()) == 0);
  CHECK(running.err.str().empty());
  CHECK(holds(running.out.str(), "released default/Local/we b"));
  CHECK(running.source.released == std::vector<WorkloadKey>{kWeb});
}

TEST_CASE("release says what still holds the workload, and where nothing waits") {
  Running running;
  metrics::WorkloadStatus& web = running.source.add(kWeb);
  CHECK(release_in(running, kWeb, running.admin_socket()) == 0);
  CHECK(holds(running.out.str(), "its level is forgiven; nothing waits\n"));
  web.pending_since = WallTime(std::chrono::hours(1));
  web.gates = {{"backoff", std::nullopt, "level 1 demands its delay"}};
  CHECK(release_in(running, kWeb, running.admin_socket()) == 0);
  CHECK(holds(running.out.str(), "forgiven, and what waited for settle, backoff, health or retry"));
  web.gates.push_back({"hold", std::nullopt, "held by its owner"});
  CHECK(release_in(running, kWeb, running.admin_socket()) == 0);
  CHECK(holds(running.out.str(), "forgiven; it is still held by `hold`: held by its owner\n"));
}

TEST_CASE("release takes a short name, of one workload only") {
  Running running;
  running.source.add(kWeb);
  CHECK(release({{"we b", ""}, running.admin_socket(), true}, running.out, running.err) == 0);
  CHECK(running.source.released == std::vector<WorkloadKey>{kWeb});
  running.source.add({"shop", "Local", "we b"});
  CHECK(release({{"we b", ""}, running.admin_socket(), true}, running.out, running.err) == 1);
  CHECK(holds(running.err.str(), "2 workloads are called we b"));
  CHECK(running.source.released.size() == 1);
  CHECK(release({{"we b", "shop"}, running.admin_socket(), true}, running.out, running.err) == 0);
  CHECK(running.source.released.back().namespace_name == "shop");
}

TEST_CASE("release of a workload that is not there names those that may have been meant") {
  Running running;
  running.source.add(kWeb);
  CHECK(release_in(running, {"default", "Local", "web"}, running.admin_socket()) == 1);
  CHECK(holds(running.err.str(),
              "no such workload: default/Local/web; did you mean default/Local/we b?"));
}

TEST_CASE("release says how to turn the admin socket on, and when nobody is behind it") {
  Running running;
  CHECK(release_in(running, kWeb, "") == 1);
  CHECK(holds(running.err.str(), "set `admin_socket`"));
  running.err.str("");
  CHECK(release_in(running, kWeb, running.folder() + "/none.sock") == 1);
  CHECK(holds(running.err.str(), running.folder() + "/none.sock"));
  running.err.str("");
  // The file of a process that died.
  const std::string stale = running.folder() + "/stale.sock";
  auto died = metrics::Listener::unix_socket(stale);
  REQUIRE(died.listener);
  std::filesystem::rename(stale, stale + ".kept");
  died.listener.reset();
  std::filesystem::rename(stale + ".kept", stale);
  CHECK(release_in(running, kWeb, stale) == 1);
  CHECK(holds(running.err.str(), "no answer from the admin socket " + stale));
}

TEST_CASE("release without a configuration uses the usual socket, and asks for one where none is") {
  Running running;
  CHECK(release({{kWeb.text(), ""}, running.folder() + "/none.sock", false}, running.out,
                running.err) == 1);
  CHECK(holds(running.err.str(), "neither a configuration file here nor the admin socket"));
  CHECK(holds(running.err.str(), "with --config"));
  running.source.add(kWeb);
  CHECK(release({{kWeb.text(), ""}, running.admin_socket(), false}, running.out, running.err) == 0);
}

TEST_CASE("release says when the controller does not answer in time") {
  Running running;
  running.source.answers = false;
  CHECK(release_in(running, kWeb, running.admin_socket()) == 1);
  CHECK(holds(running.err.str(), "no answer in time"));
}

}  // namespace ebbgate::commands
