#include "controller/commands/status.h"

#include <atomic>
#include <sstream>
#include <string_view>

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

int status(Running& running, StatusOptions options = {}) {
  options.url = running.url();
  return show_status(options, running.clock, running.out, running.err);
}

StatusOptions on_terminal(std::size_t width) {
  StatusOptions options;
  options.show.display = [width] {
    return terminal_display({width, 24}, [](const char* name) {
      return std::string_view(name) == "TERM" ? "xterm" : nullptr;
    });
  };
  return options;
}

StatusOptions as_json() {
  StatusOptions options;
  options.show.json = true;
  return options;
}

}  // namespace

TEST_CASE("status is a table of what waits, for what, until when and since when") {
  Running running;
  running.source.add({"default", "Local", "api"});
  auto& web = running.source.add({"default", "Local", "web"}, "waiting");
  web.level = 4;
  web.gates = {{"backoff", running.clock.wall + 64s, ""}, {"budget", std::nullopt, ""}};
  web.next_update = running.clock.wall + 64s;
  web.pending_since = running.clock.wall - 12s;
  auto& held = running.source.add({"shop", "Local", "cart"}, "held");
  held.gates = {{"hold", std::nullopt, ""}};
  held.pending_since = running.clock.wall - 2h;
  CHECK(status(running) == 0);
  CHECK(running.err.str().empty());
  CHECK(running.out.str() ==
        "WORKLOAD           LEVEL  STATE    HELD BY          NEXT UPDATE  PENDING SINCE\n"
        "default/Local/web  4      waiting  backoff, budget  in 1m4s      12s ago\n"
        "shop/Local/cart    0      held     hold             not known    2h ago\n"
        "default/Local/api  0      idle\n"
        "\n"
        "3 workloads: 1 held, 1 waiting, 1 idle\n");
}

TEST_CASE("status colours on terminals only, and names cannot act on them") {
  Running running;
  running.source.add({"default", "Local",
                      "a\x1b[31mb\nc\xC2\x9B"
                      "d"},
                     "missing");
  CHECK(status(running) == 0);
  CHECK(running.out.str().find('\x1b') == std::string::npos);
  CHECK(holds(running.out.str(), "default/Local/a?[31mb?c?d"));
  running.out.str("");
  CHECK(status(running, on_terminal(80)) == 0);
  CHECK(holds(running.out.str(), "\x1b[31mmissing\x1b[0m"));
  CHECK_FALSE(holds(running.out.str(), "a\x1b"));
}

TEST_CASE("status gets every page and prints JSON as the API has it") {
  Running running;
  for (int index = 0; index < 2500; ++index) {
    running.source.add({"default", "Local", "w " + std::to_string(index)});
  }
  CHECK(status(running, as_json()) == 0);
  const json printed = json::parse(running.out.str());
  CHECK(printed.at("items").size() == 2500);
  CHECK(printed.at("items").at(0).at("state") == "idle");
}

TEST_CASE("status tells of feedback's peers below, where there are any") {
  Running running;
  running.source.add({"default", "Local", "web"});
  metrics::PeerStatus& down = running.feedback.add("sidecar");
  down.level = 3;
  down.next_attempt = running.clock.boot + 8s;
  down.problem = "no such socket: /run/sidecar.sock";
  down.accepted = 37;
  down.queued = 11;
  down.in_flight = 1;
  down.delivered = 20;
  down.rejected = 3;
  down.dropped = 2;
  metrics::PeerStatus& up = running.feedback.add("au\x1b[31mdit");
  up.up = true;
  CHECK(status(running) == 0);
  CHECK(running.err.str().empty());
  CHECK(running.out.str() ==
        "WORKLOAD           LEVEL  STATE  HELD BY  NEXT UPDATE  PENDING SINCE\n"
        "default/Local/web  0      idle\n"
        "\n"
        "1 workload: 1 idle\n"
        "\n"
        "PEER        STATE  LEVEL  NEXT ATTEMPT  QUEUED  DELIVERED  REJECTED  DROPPED  PROBLEM\n"
        "sidecar     down   3      in 8s         11      20         3         2        "
        "no such socket: /run/sidecar.sock\n"
        "au?[31mdit  up     0                    0       0          0         0\n");
}

TEST_CASE("a peer that is due is tried now, and one that is down is red on terminals") {
  Running running;
  running.feedback.add("sidecar").next_attempt = running.clock.boot - 5s;
  running.feedback.add("audit").up = true;
  CHECK(status(running, on_terminal(80)) == 0);
  CHECK(holds(running.out.str(), "\x1b[31mdown\x1b[0m"));
  CHECK(holds(running.out.str(), " now "));
  CHECK_FALSE(holds(running.out.str(), "\x1b[31mup"));
}

TEST_CASE("status in JSON has peers under a key of their own, as the API has them") {
  Running running;
  running.source.add({"default", "Local", "web"});
  const StatusOptions options = as_json();
  CHECK(status(running, options) == 0);
  CHECK(json::parse(running.out.str()).at("feedback") == json::array());
  running.out.str("");
  running.feedback.add("sidecar").queued = 5;
  CHECK(status(running, options) == 0);
  const json printed = json::parse(running.out.str());
  CHECK(printed.at("items").size() == 1);
  REQUIRE(printed.at("feedback").size() == 1);
  CHECK(printed.at("feedback")[0].at("peer") == "sidecar");
  CHECK(printed.at("feedback")[0].at("queued") == 5);
}

TEST_CASE("status of an ebbgate that knows of no feedback is that of its workloads") {
  auto listening = metrics::Listener::tcp("127.0.0.1:0");
  REQUIRE(listening.listener);
  const metrics::HttpServer server(
      std::move(listening.listener), [](const metrics::Request& request) {
        if (request.path == "/api/v1/workloads") {
          return metrics::Reply{200, "application/json", R"({"items": []})", {}};
        }
        return metrics::Reply{404, "application/json", R"({"error": "nothing"})", {}};
      });
  Running running;
  StatusOptions options;
  options.url = "http://" + server.address();
  CHECK(show_status(options, running.clock, running.out, running.err) == 0);
  CHECK(running.err.str().empty());
  CHECK(holds(running.out.str(), "no workloads"));
  CHECK_FALSE(holds(running.out.str(), "PEER"));
}

TEST_CASE("status without workloads says so") {
  Running running;
  CHECK(status(running) == 0);
  CHECK(holds(running.out.str(), "no workloads"));
}

TEST_CASE("status tells what there is to say of the process first") {
  Running running;
  running.source.about = metrics::test::FakeSource::of_provider("kubernetes");
  running.source.about.role = "standby";
  running.source.about.leader = "pod-1";
  running.source.about.problems = {"Secrets cannot be read"};
  running.source.reasons = {"the store is degraded: disk full"};
  CHECK(status(running) == 0);
  CHECK(running.out.str() ==
        "standby: pod-1 leads; its status tells of the workloads\n"
        "not ready: the store is degraded: disk full\n"
        "problem: Secrets cannot be read\n"
        "\n"
        "no workloads\n");
  running.out.str("");
  running.source.about.role = "leader";
  running.source.about.leader = "pod-2";
  running.source.about.problems.clear();
  running.source.reasons.clear();
  CHECK(status(running) == 0);
  CHECK(running.out.str() == "leader: pod-2\n\nno workloads\n");
  running.out.str("");
  CHECK(status(running, as_json()) == 0);
  const json process = json::parse(running.out.str()).at("process");
  CHECK(process.at("role") == "leader");
  CHECK(process.at("leader") == "pod-2");
  CHECK(process.at("problems").empty());
  CHECK(process.at("not_ready").empty());
}

TEST_CASE("status of one namespace or state is asked of the API, for people and programs") {
  Running running;
  running.source.add({"default", "Local", "web"}, "waiting");
  running.source.add({"shop", "Local", "cart"}, "waiting");
  running.source.add({"shop", "Local", "idle"});
  StatusOptions options = as_json();
  options.filter = {"shop", "waiting"};
  CHECK(status(running, options) == 0);
  const json items = json::parse(running.out.str()).at("items");
  REQUIRE(items.size() == 1);
  CHECK(items[0].at("name") == "cart");
  running.out.str("");
  StatusOptions people;
  people.filter.namespace_name = "shop";
  CHECK(status(running, people) == 0);
  CHECK_FALSE(holds(running.out.str(), "web"));
  CHECK(holds(running.out.str(), "2 workloads: 1 waiting, 1 idle"));
}

TEST_CASE("a namespace that is mistyped is told from one in which nothing is of that state") {
  Running running;
  for (int index = 0; index < 200; ++index) {
    running.source.add({index % 2 == 0 ? "shop" : "search", "Local", "w" + std::to_string(index)});
  }
  const auto said = [&](const WorkloadFilter& filter) {
    StatusOptions options;
    options.filter = filter;
    running.out.str("");
    CHECK(status(running, options) == 0);
    return running.out.str();
  };
  CHECK(said({"", "waiting"}) == "none of the 200 workloads is waiting\n");
  CHECK(said({"shop", "waiting"}) ==
        "none of the 100 workloads in the namespace shop is waiting\n");
  CHECK(said({"shpo", ""}) == "no workload is in a namespace shpo; did you mean shop?\n");
  CHECK(said({"kitchen", "waiting"}) ==
        "no workload is in a namespace kitchen; `ebbgate status` lists all 200\n");
  running.source.statuses.clear();
  CHECK(said({"shop", ""}) == "no workloads\n");
}

TEST_CASE("many idle workloads are counted on terminals, and listed with --all and on pipes") {
  Running running;
  for (int index = 0; index < 30; ++index) {
    running.source.add({"default", "Local", "w" + std::to_string(index)});
  }
  const auto lists = [&](const StatusOptions& options) {
    running.out.str("");
    CHECK(status(running, options) == 0);
    return holds(running.out.str(), "default/Local/w7");
  };
  StatusOptions options = on_terminal(80);
  CHECK_FALSE(lists(options));
  CHECK(holds(running.out.str(), "30 workloads: 30 idle; idle ones are listed with --all"));
  options.all = true;
  CHECK(lists(options));
  options.all = false;
  options.filter.state = "idle";
  CHECK(lists(options));
  CHECK(lists({}));
}

TEST_CASE("no line of status is wider than 80 or 60 columns") {
  Running running;
  auto& web = running.source.add(
      {"team-payments", "Deployment", "漢字-checkout-frontend-of-the-shop-in-europe"}, "waiting");
  web.gates = {{"backoff", running.clock.wall + 64s, ""}, {"budget", std::nullopt, ""}};
  web.next_update = running.clock.wall + 64s;
  web.pending_since = running.clock.wall - 12s;
  running.source.about.problems = {
      "the problem of somebody who has a lot to say about what is "
      "wrong, in more words than one line has room for"};
  running.feedback.add("a-peer-with-a-long-name").problem =
      "there is no socket /run/somewhere/far/away/from/here/sidecar.sock";
  for (const std::size_t width : {60U, 80U}) {
    CAPTURE(width);
    running.out.str("");
    StatusOptions options = on_terminal(width);
    options.show.display = [display = options.show.display()] {
      Display plain = display;
      plain.colour = false;
      return plain;
    };
    CHECK(status(running, options) == 0);
    std::istringstream lines(running.out.str());
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(width_of(line) <= width);
    }
    for (const char* word : {"waiting", "in 1m4s", "sidecar.sock", "has room for", "down"}) {
      CAPTURE(word);
      CHECK(tells(running.out.str(), word));
    }
  }
}

TEST_CASE("watching looks again until told to stop, and survives looks that fail") {
  Running running;
  running.source.add({"default", "Local", "web"});
  StatusOptions options;
  options.show.watch = true;
  int waits = 0;
  options.show.wait = [&] {
    ++waits;
    if (waits == 2) running.source.answers = false;
    if (waits == 3) running.source.answers = true;
    return waits < 4;
  };
  CHECK(status(running, options) == 0);
  const std::string printed = running.out.str();
  int looks = 0;
  for (std::size_t at = 0; (at = printed.find("default/Local/web", at)) != printed.npos; ++at) {
    ++looks;
  }
  CHECK(looks == 3);
  CHECK(holds(running.err.str(), "no answer in time"));
}

}  // namespace ebbgate::commands
