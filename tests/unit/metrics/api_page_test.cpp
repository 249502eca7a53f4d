// What the status page asks, and scripts may.
#include "base/text.h"
#include "tests/unit/metrics/served.h"

namespace ebbgate::metrics {

using nlohmann::json;
using test::error_of;
using test::header;
using test::names;
using test::Served;

TEST_CASE("the process says which part it plays and what somebody should mend") {
  Served served;
  served.source.about.provider = "kubernetes";
  served.source.about.role = "standby";
  served.source.about.leader = "pod-1";
  served.source.about.problems = {"cannot list secrets"};
  json about = json::parse(served.get("/api/v1/process").body);
  CHECK(about["provider"] == "kubernetes");
  CHECK(about["role"] == "standby");
  CHECK(about["leader"] == "pod-1");
  CHECK(about["problems"] == json{"cannot list secrets"});
  served.source.about = test::FakeSource::of_provider("local");
  about = json::parse(served.get("/api/v1/process").body);
  CHECK(about["role"] == nullptr);
  CHECK(about["leader"] == nullptr);
}

TEST_CASE("the process says how it fares: version, start, store, budget and totals") {
  Served served;
  ProcessStatus& about = served.source.about;
  about.version = "1.2.3";
  about.revision = "abc";
  about.started = *parse_time("2026-12-24T18:00:00.250Z");
  json told = json::parse(served.get("/api/v1/process").body);
  CHECK(told["version"] == "1.2.3");
  CHECK(told["revision"] == "abc");
  CHECK(told["started"] == "2026-12-24T18:00:00.250Z");
  CHECK(told["degraded"] == nullptr);
  CHECK(told["budget"] == nullptr);

  about.degraded = "disk full";
  about.budget = {97.58, 100, 0.5};
  about.totals.changes = 9;
  about.totals.coalesced = 4;
  about.totals.updates = {{"applied", 3}, {"refused", 1}, {"unknown", 0}};
  about.totals.suppressed = {{"backoff", 5}};
  about.totals.pending = {{"backoff", 1}, {"settle", 1}};
  told = json::parse(served.get("/api/v1/process").body);
  CHECK(told["degraded"] == "disk full");
  CHECK(told["budget"] ==
        json{{"tokens", 97.5}, {"burst", 100}, {"rate", 0.5}, {"unlimited", false}});
  CHECK(told["totals"] == json{{"changes", 9},
                               {"updates", {{"applied", 3}, {"refused", 1}, {"unknown", 0}}},
                               {"suppressed", {{"backoff", 5}}},
                               {"coalesced", 4},
                               {"pending", {{"backoff", 1}, {"settle", 1}}}});
  about.budget = {100, 100, std::nullopt};
  told = json::parse(served.get("/api/v1/process").body);
  CHECK(told["budget"] ==
        json{{"tokens", nullptr}, {"burst", 100}, {"rate", nullptr}, {"unlimited", true}});
}

TEST_CASE("news are what happened since the last look, with those that are gone") {
  Served served;
  served.source.add({"default", "Local", "web"}, "waiting");
  served.source.what_is_new = WorkloadNews{
      {served.source.statuses.begin()->second}, {{"default", "Local", "a/b"}}, "run-7", true};
  const json news =
      json::parse(served.get("/api/v1/workloads", {{"since", "run-3"}, {"limit", "5"}}).body);
  CHECK(names(news) == std::vector<std::string>{"web"});
  CHECK(news["gone"] ==
        json::array({{{"namespace", "default"}, {"kind", "Local"}, {"name", "a/b"}}}));
  CHECK(news["since"] == "run-7");
  CHECK(news["more"] == true);
  CHECK(served.source.asked_since ==
        std::vector<std::pair<std::string, std::size_t>>{{"run-3", 5}});
}

TEST_CASE("news that are not known any more are 410, and a filter of them is refused") {
  Served served;
  const Reply reply = served.get("/api/v1/workloads", {{"since", "another-3"}});
  CHECK(reply.status == 410);
  CHECK(error_of(reply).find("begin with since=0") != std::string::npos);
  for (const char* filter : {"state", "namespace", "after"}) {
    CHECK(served.get("/api/v1/workloads", {{"since", "0"}, {filter, "idle"}}).status == 400);
  }
  served.source.answers = false;
  CHECK(served.get("/api/v1/workloads", {{"since", "0"}}).status == 503);
}

TEST_CASE("a list takes several states") {
  Served served;
  served.source.add({"one", "Local", "a"}, "waiting");
  served.source.add({"one", "Local", "b"}, "idle");
  served.source.add({"one", "Local", "c"}, "held");
  CHECK(names(json::parse(served.get("/api/v1/workloads", {{"state", "held,waiting"}}).body)) ==
        std::vector<std::string>{"a", "c"});
  CHECK(served.get("/api/v1/workloads", {{"state", "held,busy"}}).status == 400);
}

TEST_CASE("every answer tells the server's time, the short ones too") {
  const Served served;
  for (const char* path : {"/", "/nothing", "/api/v1/process", "/api/v1/workloads"}) {
    CAPTURE(path);
    const auto told = parse_time(header(served.get(path), "Ebbgate-Time"));
    REQUIRE(told);
    CHECK(served.clock.now().wall - *told < std::chrono::seconds(10));
  }
  const Reply known =
      served.get("/api/v1/process", {}, header(served.get("/api/v1/process"), "ETag"));
  CHECK(known.status == 304);
  CHECK_FALSE(header(known, "Ebbgate-Time").empty());
}

TEST_CASE("the page is 304 to whoever has it, with its policy") {
  const Served served;
  const Reply first = served.get("/");
  CHECK(first.status == 200);
  CHECK(first.content_type == "text/html; charset=utf-8");
  const Reply second = served.get("/", {}, header(first, "ETag"));
  CHECK(second.status == 304);
  CHECK(header(second, "Content-Security-Policy") == header(first, "Content-Security-Policy"));
}

}  // namespace ebbgate::metrics
