#include "controller/commands/explain.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/commands/running.h"

namespace ebbgate::commands {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::holds;
using test::Running;

const WorkloadKey kWeb{"default", "Local", "web"};

int explain_in(Running& running, const WorkloadKey& key, bool as_json = false) {
  ExplainOptions options;
  options.url = running.url();
  options.workload = key;
  options.json = as_json;
  return explain(options, running.clock, running.out, running.err);
}

void add_waiting(Running& running) {
  auto& web = running.source.add(kWeb, "waiting");
  web.level = 4;
  web.gates = {{"backoff", running.clock.wall + 8s, "level 4 demands its delay"},
               {"budget", std::nullopt, "no token left"}};
  web.next_update = running.clock.wall + 8s;
  web.pending_since = running.clock.wall - 3s;
  web.applied = sha256("a");
  web.last_update = running.clock.wall - 1h;
  web.last_outcome = "applied";
  web.changes = 7;
  web.references = {{"/etc/app.yaml", sha256("c"), "changed"},
                    {"/etc/conf.d", sha256("d"), "applied"}};
  running.source.entries = {{kWeb, running.clock.wall - 3s, "wait", 4, "backoff"},
                            {{"default", "Local", "api"}, running.clock.wall, "sent", 1, "other"},
                            {kWeb, running.clock.wall - 1h, "applied", 4, "exit status 0"}};
}

}  // namespace

TEST_CASE("explain tells gates with deadlines and reasons, references and history") {
  Running running;
  add_waiting(running);
  CHECK(explain_in(running, kWeb) == 0);
  CHECK(running.err.str().empty());
  const std::string a = sha256("a").hex().substr(0, 12);
  const std::string c = sha256("c").hex().substr(0, 12);
  const std::string d = sha256("d").hex().substr(0, 12);
  CHECK(running.out.str() ==
        "default/Local/web is waiting, level 4\n"
        "\n"
        "What holds it:\n"
        "  GATE     UNTIL                            WHY\n"
        "  backoff  2026-12-24T18:00:08.000Z  in 8s  level 4 demands its delay\n"
        "  budget   not known                        no token left\n"
        "  next update    2026-12-24T18:00:08.000Z (in 8s)\n"
        "  pending since  2026-12-24T17:59:57.000Z (3s ago)\n"
        "\n"
        "applied " +
            a +
            ", desired unknown\n"
            "last update 2026-12-24T17:00:00.000Z (1h ago), applied\n"
            "changes 7, updates 0, suppressed 0, coalesced 0 (since ebbgate started)\n"
            "\n"
            "References:\n"
            "  STATE    DIGEST        NAME\n"
            "  changed  " +
            c +
            "  /etc/app.yaml\n"
            "  applied  " +
            d +
            "  /etc/conf.d\n"
            "\n"
            "History, the newest first:\n"
            "  AT                                EVENT    LEVEL  DETAIL\n"
            "  2026-12-24T17:59:57.000Z  3s ago  wait     4      backoff\n"
            "  2026-12-24T17:00:00.000Z  1h ago  applied  4      exit status 0\n");
}

TEST_CASE("explain says that nothing waits") {
  Running running;
  running.source.add(kWeb);
  CHECK(explain_in(running, kWeb) == 0);
  CHECK(holds(running.out.str(), "Nothing waits."));
  CHECK(holds(running.out.str(), "last update none yet"));
  CHECK(holds(running.out.str(), "No history yet."));
}

TEST_CASE("explain as JSON holds the workload and its history") {
  Running running;
  add_waiting(running);
  CHECK(explain_in(running, kWeb, true) == 0);
  const json printed = json::parse(running.out.str());
  CHECK(printed.at("workload").at("gates").at(0).at("gate") == "backoff");
  CHECK(printed.at("history").size() == 2);
}

TEST_CASE("explain finds workloads with odd names") {
  Running running;
  const WorkloadKey odd{"de fault", "Local", "a%2F?#&+b"};
  running.source.add(odd);
  CHECK(explain_in(running, odd) == 0);
  CHECK(holds(running.out.str(), "de fault/Local/a%2F?#&+b is idle"));
}

TEST_CASE("explain names the workloads that may have been meant") {
  Running running;
  running.source.add(kWeb);
  running.source.add({"shop", "Local", "wbe"});
  running.source.add({"else", "Local", "database"});
  CHECK(explain_in(running, {"default", "Local", "wbe"}) == 1);
  CHECK(running.out.str().empty());
  CHECK(holds(running.err.str(), "no such workload: default/Local/wbe; did you mean"));
  CHECK(holds(running.err.str(), "default/Local/web"));
  CHECK(holds(running.err.str(), "shop/Local/wbe"));
  CHECK_FALSE(holds(running.err.str(), "database"));
  running.err.str("");
  CHECK(explain_in(running, {"quite", "Other", "thing"}) == 1);
  CHECK(holds(running.err.str(), "`ebbgate status` lists all workloads"));
}

}  // namespace ebbgate::commands
