#include "controller/commands/status.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/commands/running.h"

namespace ebbgate::commands {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::holds;
using test::Running;

int status(Running& running, StatusOptions options = {}) {
  options.url = running.url();
  return show_status(options, running.clock, running.out, running.err);
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
        "default/Local/api  0      idle\n"
        "default/Local/web  4      waiting  backoff, budget  in 1m4s      12s ago\n"
        "shop/Local/cart    0      held     hold             not known    2h ago\n"
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
  StatusOptions terminal;
  terminal.terminal = true;
  CHECK(status(running, terminal) == 0);
  CHECK(holds(running.out.str(), "\x1b[31mmissing\x1b[0m"));
  CHECK_FALSE(holds(running.out.str(), "a\x1b"));
}

TEST_CASE("status gets every page and prints JSON as the API has it") {
  Running running;
  for (int index = 0; index < 2500; ++index) {
    running.source.add({"default", "Local", "w " + std::to_string(index)});
  }
  StatusOptions options;
  options.json = true;
  CHECK(status(running, options) == 0);
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
  StatusOptions wide;
  wide.width = 200;
  CHECK(status(running, wide) == 0);
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
  StatusOptions terminal;
  terminal.terminal = true;
  CHECK(status(running, terminal) == 0);
  CHECK(holds(running.out.str(), "\x1b[31mdown\x1b[0m"));
  CHECK(holds(running.out.str(), " now "));
  CHECK_FALSE(holds(running.out.str(), "\x1b[31mup"));
}

TEST_CASE("status in JSON has peers under a key of their own, as the API has them") {
  Running running;
  running.source.add({"default", "Local", "web"});
  StatusOptions options;
  options.json = true;
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

TEST_CASE("watching looks again until told to stop, and survives looks that fail") {
  Running running;
  running.source.add({"default", "Local", "web"});
  StatusOptions options;
  options.watch = true;
  int waits = 0;
  options.wait = [&] {
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

TEST_CASE("status tells where nothing answers and what to do") {
  Running running;
  const std::string url = running.url();
  running.stop();
  StatusOptions options;
  options.url = url;
  CHECK(show_status(options, running.clock, running.out, running.err) == 1);
  CHECK(holds(running.err.str(), url));
  CHECK(holds(running.err.str(), "is `ebbgate run` running"));
  CHECK(running.out.str().empty());
}

TEST_CASE("status refuses what is no URL, and prints no password") {
  Running running;
  for (const char* url :
       {"", "127.0.0.1:9911", "ftp://a", "http://", "http://a:b:c", "http://a?b"}) {
    CAPTURE(url);
    StatusOptions options;
    options.url = url;
    CHECK(show_status(options, running.clock, running.out, running.err) == 2);
    CHECK(holds(running.err.str(), "http://127.0.0.1:9911"));
  }
  const std::string address = running.url().substr(7);
  running.stop();
  running.err.str("");
  StatusOptions options;
  options.url = "http://me:secret@" + address;
  CHECK(show_status(options, running.clock, running.out, running.err) == 1);
  CHECK_FALSE(holds(running.err.str(), "secret"));
}

TEST_CASE("status notices that something else answers") {
  auto listening = metrics::Listener::tcp("127.0.0.1:0");
  REQUIRE(listening.listener);
  metrics::Reply reply{200, "text/html", "<html>", {}};
  const metrics::HttpServer server(std::move(listening.listener),
                                   [&](const metrics::Request&) { return reply; });
  for (const auto& answer : std::map<int, std::string>{
           {200, "<html>"}, {201, R"({"items": [{"a": 1}]})"}, {404, "nothing"}}) {
    CAPTURE(answer.first);
    reply.status = answer.first;
    reply.body = answer.second;
    Running running;
    StatusOptions options;
    options.url = "http://" + server.address() + "/";
    CHECK(show_status(options, running.clock, running.out, running.err) == 1);
    CHECK_FALSE(running.err.str().empty());
  }
}

}  // namespace ebbgate::commands
