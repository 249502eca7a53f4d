// What status makes of no answer, and of one that is not Ebbgate's.
#include <atomic>
#include <sstream>
#include <string_view>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "controller/commands/status.h"
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

StatusOptions as_json() {
  StatusOptions options;
  options.show.json = true;
  return options;
}

}  // namespace

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

TEST_CASE("a list that goes on nowhere, or for ever, is not understood, also while watching") {
  auto listening = metrics::Listener::tcp("127.0.0.1:0");
  REQUIRE(listening.listener);
  std::atomic<bool> odd = false;
  std::atomic<int> pages = 0;
  std::string next;
  const metrics::HttpServer server(
      std::move(listening.listener), [&](const metrics::Request& request) {
        if (request.path != "/api/v1/workloads") return metrics::Reply{404, "", "{}", {}};
        // A client that went on would at last be let go.
        const bool on = odd && ++pages < 100;
        const std::string body = R"({"items": [])" + (on ? R"(, "next": )" + next : "") + "}";
        return metrics::Reply{200, "application/json", body, {}};
      });
  for (const char* wrong : {"null", "3", "{}", R"("")", R"("web")", R"("default/Local/web")"}) {
    CAPTURE(wrong);
    next = wrong;
    odd = false;
    pages = 0;
    Running running;
    StatusOptions options;
    options.url = "http://" + server.address();
    options.show.watch = true;
    int waits = 0;
    options.show.wait = [&] {
      odd = true;
      return ++waits < 3;
    };
    CHECK(show_status(options, running.clock, running.out, running.err) == 0);
    CHECK(holds(running.err.str(), "does not look like this version's"));
    CHECK(pages < 10);
  }
}

TEST_CASE("pages that take turns are not gone through for ever") {
  auto listening = metrics::Listener::tcp("127.0.0.1:0");
  REQUIRE(listening.listener);
  std::atomic<int> pages = 0;
  const metrics::HttpServer server(std::move(listening.listener), [&](const metrics::Request&) {
    const int page = ++pages;
    std::string body = R"({"items": [])";
    if (page < 100) body += page % 2 == 0 ? R"(, "next": "a/b/c")" : R"(, "next": "a/b/d")";
    return metrics::Reply{200, "application/json", body + "}", {}};
  });
  Running running;
  StatusOptions options;
  options.url = "http://" + server.address();
  CHECK(show_status(options, running.clock, running.out, running.err) == 1);
  CHECK(holds(running.err.str(), "does not look like this version's"));
  CHECK(pages == 2);
}

TEST_CASE("status in JSON takes reasons that are no UTF-8") {
  Running running;
  running.source.reasons = {"caf\xE9 is closed"};
  CHECK(status(running, as_json()) == 0);
  CHECK(holds(json::parse(running.out.str()).at("process").at("not_ready").at(0), "is closed"));
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
