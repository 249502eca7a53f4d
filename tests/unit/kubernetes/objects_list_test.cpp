#include <doctest/doctest.h>

#include "base/digest.h"
#include "controller/kubernetes/parser.h"
#include "tests/unit/kubernetes/objects_support.h"

using namespace ebbgate;
using namespace ebbgate::kubernetes;

namespace {

const InterestOf kAll = [](const ConfigName&) { return kWhole; };
const InterestOf kNone = [](const ConfigName&) { return Interest(); };

struct Page {
  std::optional<PageEnd> end;
  std::vector<ConfigObject> objects;
};

Page read_page(std::string json, const InterestOf& interest) {
  Page page;
  page.end = Parser().config_page(json, ConfigKind::config_map, interest, [&](ConfigObject object) {
    page.objects.push_back(std::move(object));
  });
  return page;
}

auto read_event(std::string json, const InterestOf& interest = kAll) {
  return Parser().config_event(json, ConfigKind::config_map, interest);
}

}  // namespace

TEST_CASE("a page gives its objects and how the list goes on") {
  const Page page = read_page(
      list_json(
          {config_json("a", R"("data":{"k":"1"})"), config_json("b", ""), config_json("c", "")},
          R"({"resourceVersion":"900","continue":"next\u003d","remainingItemCount":12})"),
      kAll);
  REQUIRE(page.end);
  CHECK(page.end->resource_version == "900");
  CHECK(page.end->continue_token == "next=");
  CHECK(page.end->remaining == 12);
  REQUIRE(page.objects.size() == 3);
  CHECK(page.objects[0].name.name == "a");
  CHECK(page.objects[2].name.name == "c");
}

TEST_CASE("a last page has nothing to continue with") {
  const Page page = read_page(list_json({}), kAll);
  REQUIRE(page.end);
  CHECK(page.end->continue_token.empty());
  CHECK(page.end->remaining == 0);
  CHECK(page.objects.empty());
}

TEST_CASE("a list without items that says so is empty") {
  CHECK(read_page(R"({"items":null,"metadata":{"resourceVersion":"5"}})", kAll).end);
}

TEST_CASE("a list's items may come before its metadata") {
  const Page page = read_page(
      R"({"items":[)" + config_json("a", "") + R"(],"metadata":{"resourceVersion":"5"}})", kAll);
  REQUIRE(page.end);
  CHECK(page.objects.size() == 1);
}

TEST_CASE("objects of no interest are left out, the ones between them are not") {
  const InterestOf interest = [](const ConfigName& name) {
    return name.name == "b" ? kWhole : Interest();
  };
  const Page page = read_page(
      list_json({config_json("a", R"("data":{"k":"1"})"), config_json("b", R"("data":{"k":"2"})"),
                 config_json("c", R"("data":7)")}),
      interest);
  REQUIRE(page.end);
  REQUIRE(page.objects.size() == 1);
  CHECK(page.objects[0].name.name == "b");
  CHECK(page.objects[0].whole ==
        read_config_map(config_json("x", R"("data":{"k":"2"})"), kWhole).whole);
}

TEST_CASE("what is no list gives no end") {
  const char* const broken[] = {
      "",
      "[]",
      "{}",
      "null",
      "\"list\"",
      R"({"items":[]})",
      R"({"metadata":{"resourceVersion":"5"}})",
      R"({"metadata":{},"items":[]})",
      R"({"metadata":{"resourceVersion":"5"},"items":{}})",
      R"({"metadata":{"resourceVersion":"5"},"items":[7]})",
      R"({"metadata":{"resourceVersion":"5"},"items":[{}]})",
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","code":403})"};
  for (const char* const text : broken) {
    CAPTURE(text);
    CHECK_FALSE(read_page(text, kAll).end);
  }
}

TEST_CASE("events tell what was done to which object, at which version") {
  for (const char* const type : {"ADDED", "MODIFIED", "DELETED"}) {
    CAPTURE(type);
    const auto event = read_event(event_json(type, config_json("a", R"("data":{"k":"1"})")));
    REQUIRE(event);
    CHECK(event->end.type == EventEnd::Type::object);
    CHECK(event->end.resource_version == "42");
    REQUIRE(event->object);
    CHECK(event->object->name.name == "a");
    CHECK(event->deleted == (std::string_view(type) == "DELETED"));
  }
}

TEST_CASE("an event of no interest moves the version on and says nothing else") {
  const auto event =
      read_event(event_json("MODIFIED", config_json("a", R"("data":{"k":"1"})")), kNone);
  REQUIRE(event);
  CHECK(event->end.resource_version == "42");
  CHECK_FALSE(event->object);
}

TEST_CASE("an event's type may come last") {
  const auto event = read_event(R"({"object":)" + config_json("a", "") + R"(,"type":"DELETED"})");
  REQUIRE(event);
  CHECK(event->deleted);
}

TEST_CASE("a bookmark tells its version alone") {
  const auto event =
      read_event(R"({"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":)"
                 R"({"resourceVersion":"1234","creationTimestamp":null},"data":null}})");
  REQUIRE(event);
  CHECK(event->end.type == EventEnd::Type::bookmark);
  CHECK(event->end.resource_version == "1234");
  CHECK_FALSE(event->object);
}

TEST_CASE("an error event tells code and message") {
  const auto event = read_event(
      R"({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},)"
      R"("status":"Failure","message":"too old: \"1\"","reason":"Expired","code":410}})");
  REQUIRE(event);
  CHECK(event->end.type == EventEnd::Type::error);
  CHECK(event->end.code == 410);
  CHECK(event->end.message == "too old: \"1\"");
  CHECK_FALSE(event->object);
}

TEST_CASE("what is no event gives nothing") {
  const char* const broken[] = {"",
                                "{}",
                                R"({"type":"ADDED"})",
                                R"({"object":{}})",
                                R"({"type":"ADDED","object":7})",
                                R"({"type":"ADDED","object":{}})",
                                R"({"type":"BOOKMARK","object":{}})",
                                R"({"type":"BOOKMARK","object":{"metadata":{}}})"};
  for (const char* const text : broken) {
    CAPTURE(text);
    CHECK_FALSE(read_event(text));
  }
  CHECK_FALSE(read_event(event_json("UNHEARD-OF", config_json("a", ""))));
}

TEST_CASE("workloads are read from pages and events, without a kind of their own") {
  const std::string text = WorkloadJson().text();
  std::string page = list_json({text, text});
  std::vector<WorkloadObject> workloads;
  Parser parser;
  REQUIRE(parser.workload_page(page, WorkloadKind::stateful_set, [&](WorkloadObject workload) {
    workloads.push_back(std::move(workload));
  }));
  REQUIRE(workloads.size() == 2);
  CHECK(workloads[1].key == WorkloadKey{"default", "StatefulSet", "web"});

  std::string json = event_json("DELETED", text);
  const auto event = parser.workload_event(json, WorkloadKind::stateful_set);
  REQUIRE(event);
  CHECK(event->deleted);
  CHECK(event->end.resource_version == "42");
  CHECK(*event->object == workloads[0]);
}

TEST_CASE("a text that was read can be read again") {
  std::string json = config_json("a", R"("data":{"k":"1"})");
  Parser parser;
  const auto first = parser.config(json, ConfigKind::config_map, kWhole);
  const auto second = parser.config(json, ConfigKind::config_map, kWhole);
  REQUIRE(second);
  CHECK(first->whole == second->whole);
}
