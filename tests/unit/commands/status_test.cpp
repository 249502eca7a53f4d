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
