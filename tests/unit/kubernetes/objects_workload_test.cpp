#include <doctest/doctest.h>

#include "controller/kubernetes/parser.h"
#include "tests/unit/kubernetes/objects_support.h"

using namespace ebbgate;
using namespace ebbgate::kubernetes;

TEST_CASE("a workload's identity is read") {
  const auto workload = read({});
  CHECK(workload.key == WorkloadKey{"default", "Deployment", "web"});
  CHECK(workload.kind == WorkloadKind::deployment);
  CHECK(workload.uid == "5f0c9c0e-1d0f-4c39-9a3e-8e9b3b0d7a11");
  CHECK(workload.resource_version == 42);
  CHECK(workload.generation == 7);
  CHECK_FALSE(workload.deleting);
  CHECK_FALSE(workload.paused);
  CHECK_FALSE(workload.on_delete);
}

TEST_CASE("annotations that matter are kept, of others only that there are any") {
  WorkloadJson json;
  json.annotations =
      R"({"ebbgate.io/watch":"true","wave.pusher.com/x":"1","reloader.stakater.com/auto":"true",)"
      R"("configmap.reloader.stakater.com/reload":"a","kubectl.kubernetes.io/last-applied":"{}"})";
  const auto workload = read(json);
  CHECK(workload.has_annotations);
  CHECK(workload.annotations.size() == 4);
  CHECK(workload.annotations.find("ebbgate.io/watch")->second == "true");
  json.annotations = R"({"other":"x"})";
  CHECK(read(json).has_annotations);
  CHECK(read(json).annotations.empty());
  json.annotations = "null";
  CHECK_FALSE(read(json).has_annotations);
  CHECK_FALSE(read({}).has_annotations);
}

TEST_CASE("the template's hashes are read") {
  WorkloadJson json;
  CHECK_FALSE(read(json).template_has_annotations);
  json.template_annotations = R"({"other":"x"})";
  CHECK(read(json).template_has_annotations);
  CHECK_FALSE(read(json).hash);
  CHECK_FALSE(read(json).wave_hash);
  json.template_annotations =
      R"({"ebbgate.io/config-hash":"v1-x","wave.pusher.com/config-hash":"y"})";
  CHECK(read(json).hash == "v1-x");
  CHECK(read(json).wave_hash == "y");
}

TEST_CASE("a workload on its way out, a paused one and one that waits for deletions say so") {
  std::string text = WorkloadJson().text();
  const std::string stamp = R"("creationTimestamp":"2026-11-23T18:00:00Z")";
  text.insert(text.find(stamp), R"("deletionTimestamp":"2026-11-23T19:00:00Z",)");
  CHECK(Parser().workload(text, WorkloadKind::deployment)->deleting);
  WorkloadJson json;
  json.spec = R"("paused":true)";
  CHECK(read(json).paused);
  json.spec = R"("updateStrategy":{"type":"OnDelete"})";
  CHECK(read(json, WorkloadKind::stateful_set).on_delete);
  CHECK(read(json, WorkloadKind::daemon_set).on_delete);
}

TEST_CASE("a workload without a specification is none") {
  std::string text = R"({"metadata":)" + metadata_json("web") + R"(,"status":{}})";
  CHECK_FALSE(Parser().workload(text, WorkloadKind::deployment));
}

TEST_CASE("kinds have names and plurals") {
  for (const auto kind :
       {WorkloadKind::deployment, WorkloadKind::stateful_set, WorkloadKind::daemon_set}) {
    CHECK(workload_kind(name_of(kind)) == kind);
  }
  CHECK(plural_of(WorkloadKind::stateful_set) == "statefulsets");
  CHECK_FALSE(workload_kind("ReplicaSet"));
}

namespace {

Digest digest_of(const std::string& template_annotations, const std::string& pod_spec) {
  WorkloadJson json;
  json.template_annotations = template_annotations;
  json.pod_spec = pod_spec;
  return read(json).template_digest;
}

const std::string kPod = R"({"containers":[{"name":"c","image":"x:1"}],"hostNetwork":false})";

}  // namespace

TEST_CASE("a template's digest is the same whatever Ebbgate wrote into it") {
  const Digest digest = digest_of("", kPod);
  CHECK(digest == digest_of(R"({"ebbgate.io/config-hash":"v1-x"})", kPod));
  CHECK(digest == digest_of(R"({"ebbgate.io/config-hash":"v1-y","ebbgate.io/other":"z"})", kPod));
  CHECK(digest == digest_of("{}", kPod));
  CHECK(digest == digest_of("null", kPod));
}

TEST_CASE("a template's digest tells every change that its owner makes") {
  const Digest digest = digest_of("", kPod);
  CHECK(digest != digest_of(R"({"kubectl.kubernetes.io/restartedAt":"2026"})", kPod));
  CHECK(digest != digest_of(R"({"wave.pusher.com/config-hash":"x"})", kPod));
  const char* const changed[] = {
      R"({"containers":[{"name":"c","image":"x:2"}],"hostNetwork":false})",
      R"({"containers":[{"name":"c","image":"x:1"}],"hostNetwork":true})",
      R"({"containers":[{"name":"c","image":"x:1"}]})",
      R"({"containers":[{"name":"c","image":"x:1"},{"name":"c","image":"x:1"}],"hostNetwork":false})",
      R"({"containers":[{"name":"c","image":"x:1","securityContext":{}}],"hostNetwork":false})",
      R"({"containers":{"name":"c","image":"x:1"},"hostNetwork":false,"volumes":[]})"};
  for (const char* const pod : changed) {
    CAPTURE(pod);
    std::string text = WorkloadJson{"", "", pod}.text();
    const auto workload = Parser().workload(text, WorkloadKind::deployment);
    if (workload) CHECK(workload->template_digest != digest);
  }
}

TEST_CASE("a template's digest tells texts, numbers and lists apart") {
  const auto with = [](const std::string& value) {
    return digest_of("", R"({"containers":[],"x":)" + value + "}");
  };
  const std::vector<std::string> values = {
      "1",         "\"1\"", "[1]",  "[\"1\"]", "{\"1\":1}", "true", "\"true\"",
      "[[1],[2]]", "[1,2]", "[12]", "[[1,2]]", "\"\"",      "[]",   "{}"};
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < values.size(); ++j) {
      CAPTURE(values[i]);
      CAPTURE(values[j]);
      CHECK((with(values[i]) == with(values[j])) == (i == j));
    }
  }
}

TEST_CASE("a template's digest does not depend on order, blanks, escapes or nulls") {
  CHECK(digest_of("", kPod) == digest_of("", R"({ "hostNetwork" : false , "nodeName" : null,
                           "containers":[ {"image":"\u0078:1", "na\u006de":"c"} ] })"));
}
