#include "metrics/api.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/percent_encoding.h"
#include "base/text.h"
#include "metrics/http_server.h"
#include "tests/unit/metrics/raw_client.h"
#include "tests/unit/metrics/served.h"

namespace ebbgate::metrics {

namespace {

using nlohmann::json;
using test::error_of;
using test::header;
using test::names;
using test::Served;

const WallTime kTime = *parse_time("2026-12-24T18:00:00.250Z");

}  // namespace

TEST_CASE("a workload in JSON has every field, null where there is nothing to tell") {
  Served served;
  served.source.add({"default", "Local", "web"});
  const Reply reply = served.get("/api/v1/workloads/default/Local/web");
  CHECK(reply.status == 200);
  CHECK(reply.content_type == "application/json");
  CHECK(json::parse(reply.body) == json::parse(R"({
    "namespace": "default", "kind": "Local", "name": "web", "state": "idle", "level": 0,
    "gates": [], "next_update": null, "pending_since": null, "applied": null, "desired": null,
    "last_update": null, "last_outcome": null, "last_error": null,
    "failure_cause": null, "failing_since": null, "failures": 0, "changes": 0, "updates": 0, "suppressed": 0,
    "coalesced": 0, "absent": 0, "references": [], "waits_for": null, "to_do": null, "advice": []})"));
}

TEST_CASE("a waiting workload in JSON tells gates, times, fingerprints and references") {
  Served served;
  WorkloadStatus& status = served.source.add({"default", "Local", "web"}, "waiting");
  status.level = 4;
  status.gates = {{"backoff", kTime, "8s after the last update"}, {"budget", std::nullopt, ""}};
  status.next_update = kTime;
  status.pending_since = kTime - std::chrono::seconds(3);
  status.applied = sha256("a");
  status.desired = sha256("b");
  status.last_update = kTime - std::chrono::hours(1);
  status.absent = 1;
  status.last_outcome = "unknown";
  status.last_error = "exit status 1";
  status.failure_cause = "command_exit";
  status.failing_since = kTime - std::chrono::seconds(2);
  status.failures = 3;
  status.changes = 7;
  status.updates = 4;
  status.suppressed = 3;
  status.coalesced = 2;
  status.references = {{"app.yaml", sha256("c"), "changed"}};
  status.waits_for = "It waits.";
  status.to_do = "Nothing.";
  status.advice = {{"Do:", "do", ""}};
  const json got = json::parse(served.get("/api/v1/workloads/default/Local/web").body);
  json expected = {{"namespace", "default"},
                   {"kind", "Local"},
                   {"name", "web"},
                   {"state", "waiting"},
                   {"level", 4},
                   {"next_update", "2026-12-24T18:00:00.250Z"},
                   {"pending_since", "2026-12-24T17:59:57.250Z"},
                   {"applied", sha256("a").hex()},
                   {"desired", sha256("b").hex()},
                   {"last_update", "2026-12-24T17:00:00.250Z"},
                   {"last_outcome", "unknown"},
                   {"last_error", "exit status 1"},
                   {"failure_cause", "command_exit"},
                   {"failing_since", "2026-12-24T17:59:58.250Z"},
                   {"failures", 3},
                   {"changes", 7},
                   {"updates", 4},
                   {"suppressed", 3},
                   {"coalesced", 2},
                   {"absent", 1}};
  expected["gates"] = json::parse(R"([
    {"gate": "backoff", "until": "2026-12-24T18:00:00.250Z", "reason": "8s after the last update"},
    {"gate": "budget", "until": null, "reason": ""}])");
  CHECK(got.at("references") ==
        json::array({{{"name", "app.yaml"}, {"digest", sha256("c").hex()}, {"state", "changed"}}}));
  CHECK(got.at("waits_for") == "It waits.");
  CHECK(got.at("to_do") == "Nothing.");
  CHECK(
      got.at("advice") ==
      json::array({{{"text", "Do:"}, {"command", "do"}, {"takes_url", false}, {"read", nullptr}}}));
  json without_more = got;
  for (const char* more : {"references", "waits_for", "to_do", "advice"}) without_more.erase(more);
  CHECK(without_more == expected);
  // A list's items are the same, without what is told of one alone.
  CHECK(json::parse(served.get("/api/v1/workloads").body).at("items") == json::array({expected}));
}

TEST_CASE("hostile names survive: markup, quotes, and bytes that are not UTF-8") {
  Served served;
  const WorkloadKey hostile{"de fault", "Lo%cal", "<script>\"\\\n\xFFü?#&"};
  served.source.add(hostile).gates = {{"missing", std::nullopt, "\xFE"}};
  const Reply reply =
      served.get("/api/v1/workloads/" + percent_encode(hostile.namespace_name) + "/" +
                 percent_encode(hostile.kind) + "/" + percent_encode(hostile.name));
  CHECK(reply.status == 200);
  const json workload = json::parse(reply.body);
  CHECK(workload.at("name") == "<script>\"\\\n\xEF\xBF\xBDü?#&");
  CHECK(workload.at("gates").at(0).at("reason") == "\xEF\xBF\xBD");
  CHECK(json::parse(served.get("/api/v1/workloads").body).at("items").size() == 1);
  CHECK(error_of(served.get("/api/v1/workloads/a/b/%ff")).find("no such workload") == 0);
}

TEST_CASE("a list goes on behind the page before it, until nothing is left") {
  Served served;
  for (const char* name : {"a", "b", "c", "d", "e"}) served.source.add({"default", "Local", name});
  std::vector<std::string> seen;
  std::map<std::string, std::string> parameters{{"limit", "2"}};
  int pages = 0;
  while (true) {
    const json page = json::parse(served.get("/api/v1/workloads", parameters).body);
    ++pages;
    for (const std::string& name : names(page)) seen.push_back(name);
    if (!page.contains("next")) break;
    CHECK(page.at("items").size() == 2);
    parameters["after"] = page.at("next");
  }
  CHECK(pages == 3);
  CHECK(seen == std::vector<std::string>{"a", "b", "c", "d", "e"});
  // A page that is exactly full and the last has no next one.
  CHECK_FALSE(json::parse(served.get("/api/v1/workloads", {{"limit", "5"}}).body).contains("next"));
}

TEST_CASE("a list can be narrowed down to a state and a namespace") {
  Served served;
  served.source.add({"one", "Local", "a"}, "waiting");
  served.source.add({"one", "Local", "b"}, "idle");
  served.source.add({"two", "Local", "c"}, "waiting");
  const auto of = [&](const std::map<std::string, std::string>& parameters) {
    return names(json::parse(served.get("/api/v1/workloads", parameters).body));
  };
  CHECK(of({{"state", "waiting"}}) == std::vector<std::string>{"a", "c"});
  CHECK(of({{"namespace", "one"}}) == std::vector<std::string>{"a", "b"});
  CHECK(of({{"state", "waiting"}, {"namespace", "two"}}) == std::vector<std::string>{"c"});
}

TEST_CASE("a wrong parameter is refused with what would be right") {
  const Served served;
  const auto wrong = [&](const std::string& path, const std::string& name,
                         const std::string& value) {
    const Reply reply = served.get(path, {{name, value}});
    CAPTURE(name);
    CAPTURE(value);
    CHECK(reply.status == 400);
    return error_of(reply);
  };
  CHECK(wrong("/api/v1/workloads", "state", "busy").find("held, missing") != std::string::npos);
  CHECK(wrong("/api/v1/workloads", "after", "web").find("NAMESPACE/KIND/NAME") !=
        std::string::npos);
  CHECK(wrong("/api/v1/workloads", "stat", "idle") == "there is no parameter stat");
  CHECK(wrong("/api/v1/history", "workload", "web").find("NAMESPACE/KIND/NAME") !=
        std::string::npos);
  for (const char* limit : {"0", "1001", "-1", "2x", "99999999999999999999"}) {
    CHECK(wrong("/api/v1/workloads", "limit", limit) ==
          "limit must be a whole number from 1 to 1000");
    CHECK(wrong("/api/v1/history", "limit", limit) ==
          "limit must be a whole number from 1 to 1000");
  }
}

TEST_CASE("an answer that has not changed is 304 to whoever knows its tag") {
  Served served;
  served.source.add({"default", "Local", "web"});
  for (const char* path :
       {"/api/v1/workloads", "/api/v1/workloads/default/Local/web", "/api/v1/history"}) {
    CAPTURE(path);
    const Reply first = served.get(path);
    const std::string tag = header(first, "ETag");
    REQUIRE(tag.size() > 2);
    const Reply second = served.get(path, {}, tag);
    CHECK(second.status == 304);
    CHECK(second.body.empty());
    CHECK(header(second, "ETag") == tag);
    CHECK(served.get(path, {}, "\"another\"").status == 200);
  }
  const std::string tag = header(served.get("/api/v1/workloads"), "ETag");
  served.source.statuses.begin()->second.level = 1;
  CHECK(served.get("/api/v1/workloads", {}, tag).status == 200);
}

TEST_CASE("history is the newest first, of one workload or of all") {
  Served served;
  served.source.entries = {
      {{"default", "Local", "web"}, kTime, "wait", 3, "backoff until 18:00"},
      {{"default", "Local", "api"}, kTime, "applied", 1, ""},
      {{"default", "Local", "web"}, kTime, "applied", 3, "exit status 0"},
  };
  const json all = json::parse(served.get("/api/v1/history").body);
  CHECK(all.at("items").size() == 3);
  CHECK(all.at("items").at(0) == json{{"workload", "default/Local/web"},
                                      {"at", "2026-12-24T18:00:00.250Z"},
                                      {"event", "wait"},
                                      {"level", 3},
                                      {"detail", "backoff until 18:00"}});
  const auto of_web = json::parse(
      served.get("/api/v1/history", {{"workload", "default/Local/web"}, {"limit", "1"}}).body);
  CHECK(of_web.at("items") == json::array({all.at("items").at(0)}));
}

TEST_CASE("what is not there is 404, and what is not allowed 405 with what is") {
  const Served served;
  CHECK(served.get("/nothing").status == 404);
  CHECK(served.get("/api/v1/workloads/default/Local/web").status == 404);
  CHECK(error_of(served.get("/api/v1/workloads/default/Local/web")) ==
        "no such workload: default/Local/web");
  for (const char* path : {"/api/v1/workloads/", "/api/v1/workloads/a/b", "/api/v1/workloads/a/b/",
                           "/api/v1/workloads/a/b/c/d", "/api/v1/workloads/a/b/%zz"}) {
    CAPTURE(path);
    CHECK(served.get(path).status == 404);
  }
  const Reply reply = served.everybody({"DELETE", "/api/v1/workloads", {}, "", ""});
  CHECK(reply.status == 405);
  CHECK(header(reply, "Allow") == "GET, HEAD");
}

TEST_CASE("no answer in time is 503") {
  Served served;
  served.source.answers = false;
  for (const char* path :
       {"/api/v1/workloads", "/api/v1/workloads/default/Local/web", "/api/v1/history"}) {
    CAPTURE(path);
    const Reply reply = served.get(path);
    CHECK(reply.status == 503);
    CHECK(header(reply, "Retry-After") == "1");
    CHECK(error_of(reply).find("no answer in time") == 0);
  }
  CHECK(served.admin({"POST", "/api/v1/workloads/default/Local/web/release", {}, "", ""}).status ==
        503);
  // These wait for no decisions.
  for (const char* path : {"/", "/metrics", "/healthz", "/api/v1/process", "/api/v1/feedback"}) {
    CAPTURE(path);
    CHECK(served.get(path).status == 200);
  }
}

TEST_CASE("health is whether the loop turns, and readiness gives its reasons line by line") {
  Served served;
  CHECK(served.get("/healthz").status == 200);
  CHECK(served.get("/readyz").status == 200);
  served.source.alive = false;
  served.source.reasons = {"still listing", "the store is degraded"};
  CHECK(served.get("/healthz").status == 503);
  const Reply reply = served.get("/readyz");
  CHECK(reply.status == 503);
  CHECK(reply.body == "still listing\nthe store is degraded\n");
}

TEST_CASE("/metrics is the exposition with its content type") {
  const Reply reply = Served().get("/metrics");
  CHECK(reply.body == "metrics\n");
  CHECK(reply.content_type == "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("a workload is released over the admin socket and nowhere else") {
  Served served;
  const WorkloadKey web{"default", "Local", "we b"};
  served.source.add(web);
  const std::string path = "/api/v1/workloads/default/Local/we%20b/release";
  CHECK(served.everybody({"POST", path, {}, "", ""}).status == 405);
  CHECK(served.admin({"GET", path, {}, "", ""}).status == 405);
  CHECK(served.source.released.empty());
  const Reply reply = served.admin({"POST", path, {}, "", ""});
  CHECK(reply.status == 200);
  CHECK(json::parse(reply.body) == json{{"released", "default/Local/we b"}});
  CHECK(served.source.released == std::vector<WorkloadKey>{web});
  CHECK(served.admin({"POST", "/api/v1/workloads/default/Local/no/release", {}, "", ""}).status ==
        404);
}

TEST_CASE("a workload that is called release is only a name") {
  Served served;
  served.source.add({"default", "Local", "release"});
  CHECK(served.admin({"GET", "/api/v1/workloads/default/Local/release", {}, "", ""}).status == 200);
  CHECK(served.admin({"POST", "/api/v1/workloads/default/Local/release/release", {}, "", ""})
            .status == 200);
}

TEST_CASE("the API answers over a real socket, with odd names and HEAD") {
  Served served;
  served.source.add({"default", "Local", "a/b c"});
  auto listening = Listener::tcp("127.0.0.1:0");
  REQUIRE(listening.listener);
  const HttpServer server(std::move(listening.listener), served.everybody);
  const std::string path = "/api/v1/workloads/default/Local/a%2Fb%20c";
  const std::string reply = test::fetch(server.port(), path);
  CHECK(test::status_of(reply) == 200);
  CHECK(json::parse(test::body_of(reply)).at("name") == "a/b c");
  const std::string head = test::fetch(server.port(), path, "HEAD");
  CHECK(test::status_of(head) == 200);
  CHECK(test::body_of(head).empty());
  CHECK(test::header_of(head, "Content-Type") == "application/json");
  const std::string tag = test::header_of(reply, "ETag");
  CHECK(test::status_of(
            test::fetch(server.port(), path, "GET", "If-None-Match: " + tag + "\r\n")) == 304);
  CHECK(test::status_of(test::fetch(server.port(), "/api/v1/workloads?limit=x")) == 400);
}

}  // namespace ebbgate::metrics
