// Long because all that explain prints of a workload is tried here, in one place.
#include "controller/commands/explain.h"

#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/commands/running.h"

namespace ebbgate::commands {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::holds;
using test::Running;
using test::tells;

const WorkloadKey kWeb{"default", "Local", "web"};

int explain_in(Running& running, const WorkloadKey& key, bool as_json = false) {
  ExplainOptions options;
  options.url = running.url();
  options.workload = {key.text(), ""};
  options.show.json = as_json;
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
  web.waits_for = "It waits for the delay of level 4.";
  web.to_do = "Nothing needs to be done.";
  web.advice = {{"Changes come often.", "", "docs/configuration.md"},
                {"To let it go now:",
                 "ebbgate release default/Local/web --admin_socket /run/ebbgate/admin.sock", ""}};
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
        "It waits for the delay of level 4. Next update: in 8s. Nothing needs to be done.\n"
        "\n"
        "What holds it:\n"
        "  GATE     UNTIL                            WHY\n"
        "  backoff  2026-12-24T18:00:08.000Z  in 8s  level 4 demands its delay\n"
        "  budget   not known                        no token left\n"
        "  next update    2026-12-24T18:00:08.000Z (in 8s)\n"
        "  pending since  2026-12-24T17:59:57.000Z (3s ago)\n"
        "\n"
        "What to do:\n"
        "  Changes come often.\n"
        "  To let it go now:\n"
        "    ebbgate release default/Local/web --admin_socket /run/ebbgate/admin.sock\n"
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
  CHECK(holds(running.out.str(), "Nothing holds it."));
  CHECK(holds(running.out.str(), "last update none yet"));
  CHECK(holds(running.out.str(), "No history yet."));
  // A level that was made up.
  running.source.statuses.at(kWeb).level = 7;
  CHECK(explain_in(running, kWeb) == 0);
  CHECK(holds(running.out.str(), "last update not known"));
}

TEST_CASE(
    "explain tells why, since when and how often an update failed, and when it is tried next") {
  Running running;
  add_waiting(running);
  auto& web = running.source.statuses.at(kWeb);
  web.state = "failing";
  web.waits_for = "Its last update failed, and is tried again. Its command ended with an error.";
  web.to_do = "Run the command by hand.";
  web.last_error = "exit status 1: nginx: [emerg] unknown directive";
  web.failure_cause = "command_exit";
  web.failing_since = running.clock.wall - 1h;
  web.failures = 12;
  CHECK(explain_in(running, kWeb) == 0);
  CHECK(holds(
      running.out.str(),
      "default/Local/web is failing, level 4\n"
      "\n"
      "Its last update failed, and is tried again. Its command ended with an error. Next try: in "
      "8s. Run the command by hand.\n"
      "\n"
      "  failing since  2026-12-24T17:00:00.000Z (1h ago), 12 times in a row\n"
      "  last error     exit status 1: nginx: [emerg] unknown directive\n"));
}

TEST_CASE("explain tells of the try that is under way, and still why the one before it failed") {
  Running running;
  add_waiting(running);
  auto& web = running.source.statuses.at(kWeb);
  web.state = "updating";
  web.gates.clear();
  web.next_update.reset();
  web.waits_for = "Its last update failed, and is tried again now: this is try 13.";
  web.last_error = "exit status 1";
  web.failing_since = running.clock.wall - 1h;
  web.failures = 12;
  CHECK(explain_in(running, kWeb) == 0);
  const std::string out = running.out.str();
  CHECK(holds(out, "this is try 13. Nothing needs to be done."));
  CHECK(holds(out, "  last error     exit status 1\n"));
  CHECK(holds(out, "  next update    under way\n"));
  CHECK_FALSE(holds(out, "not known"));
}

TEST_CASE("explain tells why a rollout is not ready, where no update failed") {
  Running running;
  auto& web = running.source.add(kWeb, "unhealthy");
  web.waits_for = "Nothing waits, but its last rollout is not ready.";
  web.to_do = "See why, and mend it.";
  web.last_error = "not ready within 5m; last probe: exit status 1: no database";
  CHECK(explain_in(running, kWeb) == 0);
  CHECK(holds(running.out.str(),
              "  last error     not ready within 5m; last probe: exit status 1: no database\n"));
  CHECK_FALSE(holds(running.out.str(), "failing since"));
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

TEST_CASE("what may have been meant is not sought among what are no workloads") {
  auto listening = metrics::Listener::tcp("127.0.0.1:0");
  REQUIRE(listening.listener);
  const metrics::HttpServer server(
      std::move(listening.listener), [](const metrics::Request& request) {
        if (request.path != "/api/v1/workloads") {
          return metrics::Reply{404, "application/json", R"({"error": "no such workload"})", {}};
        }
        return metrics::Reply{200,
                              "application/json",
                              R"({"items": [7, {"namespace": null, "kind": "Local", "name": "a"},
                                  {"namespace": "default", "kind": "Local", "name": "wbe"}]})",
                              {}};
      });
  Running running;
  ExplainOptions options;
  options.url = "http://" + server.address();
  options.workload = {kWeb.text(), ""};
  CHECK(explain(options, running.clock, running.out, running.err) == 1);
  CHECK(holds(running.err.str(), "no such workload; did you mean default/Local/wbe?"));
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

TEST_CASE("explain colours and wraps on terminals, and cuts nothing") {
  Running running;
  add_waiting(running);
  running.source.statuses.at(kWeb).gates[0].reason =
      "level 4 demands its delay since the last update, and this reason goes on and on";
  running.source.statuses.at(kWeb).references[0].name =
      "/etc/a/path/that/goes/on/and/on/without/any/space/to/break/it/at/app.yaml";
  for (const std::size_t width : {60U, 80U}) {
    CAPTURE(width);
    ExplainOptions options;
    options.url = running.url();
    options.workload = {kWeb.text(), ""};
    Display display = terminal_display({width, 24}, [](const char*) { return "1"; });
    CHECK_FALSE(display.colour);  // NO_COLOR
    options.show.display = [&] { return display; };
    running.out.str("");
    CHECK(explain(options, running.clock, running.out, running.err) == 0);
    CHECK_FALSE(holds(running.out.str(), "\x1b"));
    std::istringstream lines(running.out.str());
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(width_of(line) <= width);
    }
    CHECK_FALSE(holds(running.out.str(), "…"));
    for (const char* word : {"goes on and on", "app.yaml", "in 8s", "3s ago", "budget"}) {
      CAPTURE(word);
      CHECK(tells(running.out.str(), word));
    }
    CHECK(holds(running.out.str(), "    ebbgate release default/Local/web"));
    display.colour = true;
    running.out.str("");
    CHECK(explain(options, running.clock, running.out, running.err) == 0);
    for (const char* coloured :
         {"\x1b[33mwaiting\x1b[0m", "\x1b[33mbackoff\x1b[0m", "\x1b[32mapplied\x1b[0m"}) {
      CHECK(holds(running.out.str(), coloured));
    }
  }
}

TEST_CASE("a command that is too long for a line is one that a shell puts together") {
  Running running;
  add_waiting(running);
  ExplainOptions options;
  options.url = running.url();
  options.workload = {kWeb.text(), ""};
  options.show.display = [] {
    return terminal_display({50, 24}, [](const char*) -> const char* { return nullptr; });
  };
  CHECK(explain(options, running.clock, running.out, running.err) == 0);
  CHECK(holds(running.out.str(),
              "    ebbgate release default/Local/web \\\n"
              "    --admin_socket /run/ebbgate/admin.sock\n"));
}

TEST_CASE("a command that asks this Ebbgate has the address that explain was given") {
  Running running;
  add_waiting(running);
  running.source.statuses.at(kWeb).advice = {
      {"To list them:", "ebbgate status --state rolling", "", true}};
  ExplainOptions options;
  options.url = running.url();
  options.workload = {kWeb.text(), ""};
  CHECK(explain(options, running.clock, running.out, running.err) == 0);
  CHECK(holds(running.out.str(), "ebbgate status --state rolling --url " + running.url() + "\n"));
}

TEST_CASE("a command is broken between the words of a shell, never within quotes") {
  Running running;
  add_waiting(running);
  running.source.statuses.at(kWeb).advice = {
      {"To let it go now:",
       "ebbgate release 'shop/Local/a web' --admin_socket '/run/it'\\''s/a b.sock'", ""}};
  ExplainOptions options;
  options.url = running.url();
  options.workload = {kWeb.text(), ""};
  options.show.display = [] {
    return terminal_display({44, 24}, [](const char*) -> const char* { return nullptr; });
  };
  CHECK(explain(options, running.clock, running.out, running.err) == 0);
  CHECK(holds(running.out.str(),
              "    ebbgate release 'shop/Local/a web' \\\n"
              "    --admin_socket '/run/it'\\''s/a b.sock'\n"));
}

TEST_CASE("explain watches, and goes on where the workload is gone for a while") {
  Running running;
  add_waiting(running);
  ExplainOptions options;
  options.url = running.url();
  options.workload = {kWeb.text(), ""};
  options.show.watch = true;
  options.show.json = true;
  int waits = 0;
  const auto kept = running.source.statuses;
  options.show.wait = [&] {
    running.source.statuses = ++waits == 1 ? decltype(kept)() : kept;
    return waits < 3;
  };
  CHECK(explain(options, running.clock, running.out, running.err) == 0);
  CHECK(holds(running.err.str(), "no such workload"));
  std::istringstream lines(running.out.str());
  int looks = 0;
  for (std::string line; std::getline(lines, line); ++looks) {
    CHECK(json::parse(line).at("workload").at("name") == "web");
  }
  CHECK(looks == 2);
}

TEST_CASE("an answer that is not this version's is an error, not a page") {
  auto listening = metrics::Listener::tcp("127.0.0.1:0");
  REQUIRE(listening.listener);
  const metrics::HttpServer server(std::move(listening.listener), [](const metrics::Request&) {
    return metrics::Reply{200, "application/json", R"({"items": [], "level": "x"})", {}};
  });
  Running running;
  ExplainOptions options;
  options.url = "http://" + server.address();
  options.workload = {kWeb.text(), ""};
  CHECK(explain(options, running.clock, running.out, running.err) == 1);
  CHECK(holds(running.err.str(), "is the running ebbgate another one?"));
  CHECK(running.out.str().empty());
}

TEST_CASE("explain takes what one workload alone is called") {
  Running running;
  running.source.add({"shop", "Deployment", "web"});
  running.source.add({"shop", "Deployment", "api"});
  running.source.add({"else", "StatefulSet", "api"});
  running.source.add({"else", "StatefulSet", "checkout"});
  const auto explained = [&](const std::string& text, const std::string& of = "") {
    ExplainOptions options;
    options.url = running.url();
    options.workload = {text, of};
    running.out.str("");
    running.err.str("");
    return explain(options, running.clock, running.out, running.err);
  };
  for (const char* text : {"web", "shop/web", "deployment/web", "Deployment/web"}) {
    CAPTURE(text);
    CHECK(explained(text) == 0);
    CHECK(holds(running.out.str(), "shop/Deployment/web is idle"));
  }
  CHECK(explained("api", "else") == 0);
  CHECK(holds(running.out.str(), "else/StatefulSet/api is idle"));
  CHECK(explained("statefulset/api") == 0);

  CHECK(explained("api") == 1);
  CHECK(running.out.str().empty());
  CHECK(running.err.str() ==
        "ebbgate explain: 2 workloads are called api; write the one that is meant: "
        "else/StatefulSet/api or shop/Deployment/api\n");
  CHECK(explained("chekout") == 1);
  CHECK(running.err.str() ==
        "ebbgate explain: no workload is called chekout; did you mean checkout?\n");
  CHECK(explained("web", "else") == 1);
  CHECK(holds(running.err.str(), "no workload is called web in the namespace else"));
  CHECK(explained("shop/Deployment/web", "else") == 1);
  CHECK(holds(running.err.str(), "shop/Deployment/web is not of the namespace else"));
}

TEST_CASE("a watch stays with the workload that a short name meant at first") {
  Running running;
  running.source.add({"shop", "Local", "web"});
  ExplainOptions options;
  options.url = running.url();
  options.workload = {"web", ""};
  options.show.watch = true;
  options.show.place = running.url();
  int waits = 0;
  options.show.wait = [&] {
    running.source.add({"else", "Local", "web"});
    return ++waits < 2;
  };
  CHECK(explain(options, running.clock, running.out, running.err) == 0);
  CHECK(running.err.str().empty());
  CHECK(holds(running.out.str(), running.url() + "  2026-12-24T18:00:00Z\n"));
}

}  // namespace ebbgate::commands
