#include <doctest/doctest.h>

#include "controller/kubernetes/parser.h"
#include "tests/unit/kubernetes/objects_support.h"

using namespace ebbgate;
using namespace ebbgate::kubernetes;

namespace {

const std::string kWorkload =
    WorkloadJson{R"({"ebbgate.io/watch":"true","ebbgate.io/state":"{\"v\":1}"})",
                 R"({"ebbgate.io/config-hash":"v1-x","a":"b\n"})",
                 R"({"volumes":[{"name":"v","configMap":{"name":"a","items":[{"key":"k"}]}}],)"
                 R"("containers":[{"name":"c","env":[{"name":"E","valueFrom":)"
                 R"({"secretKeyRef":{"name":"s","key":"k","optional":true}}}]}]})",
                 R"("replicas":3,"strategy":{"rollingUpdate":{"maxUnavailable":"25%"}})",
                 R"({"observedGeneration":7,"conditions":[{"type":"Progressing","reason":"x"}]})"}
        .text();
const std::string kConfig =
    config_json("a", R"("data":{"k":"MTIz","l":"\u003d\n"},"binaryData":{"m":"AAE="})",
                R"({"ebbgate.io/ignore":"true"})");

// Reads a text in every way there is; true where any understands it.
bool understood(Parser& parser, const std::string& text) {
  const InterestOf all = [](const ConfigName&) { return Interest{true, {"k", "m"}}; };
  const auto each_workload = [](const WorkloadObject&) {};
  const auto each_config = [](const ConfigObject&) {};
  int times = 0;
  std::string json = text;
  times += parser.workload(json, WorkloadKind::deployment).has_value();
  times += parser.workload_page(json, WorkloadKind::deployment, each_workload).has_value();
  times += parser.workload_event(json, WorkloadKind::daemon_set).has_value();
  times += parser.config(json, ConfigKind::secret, all({})).has_value();
  times += parser.config_page(json, ConfigKind::config_map, all, each_config).has_value();
  times += parser.config_event(json, ConfigKind::secret, all).has_value();
  return times > 0;
}

const std::vector<std::string>& documents() {
  static const std::vector<std::string> all = {kWorkload,
                                               kConfig,
                                               list_json({kWorkload, kWorkload}),
                                               list_json({kConfig, kConfig}),
                                               event_json("MODIFIED", kWorkload),
                                               event_json("ADDED", kConfig)};
  return all;
}

}  // namespace

TEST_CASE("a truncated text is never understood, wherever it ends") {
  Parser parser;
  for (const std::string& document : documents()) {
    CHECK(understood(parser, document));
    const std::size_t end = document.rfind('}');
    for (std::size_t length = 0; length < end; ++length) {
      if (understood(parser, document.substr(0, length))) FAIL("understood at " << length);
    }
    CHECK(understood(parser, document.substr(0, end + 1)));
  }
}

TEST_CASE("a text that is damaged anywhere harms nobody") {
  Parser parser;
  int damaged = 0;
  for (const std::string& document : documents()) {
    for (std::size_t at = 0; at < document.size(); ++at) {
      for (const char byte : {'"', '}', ']', '{', ',', '\\', '\xff', '\0', '7'}) {
        std::string text = document;
        text[at] = byte;
        damaged += understood(parser, text) ? 0 : 1;
      }
    }
  }
  CHECK(damaged > 0);
  CHECK(understood(parser, documents().front()));
}

TEST_CASE("a template that nests without end is refused") {
  std::string nested(5000, '[');
  nested += std::string(5000, ']');
  WorkloadJson json;
  json.pod_spec = R"({"containers":[],"deep":)" + nested + "}";
  std::string text = json.text();
  CHECK_FALSE(Parser().workload(text, WorkloadKind::deployment));
}

TEST_CASE("a member of the wrong kind makes an object not understood") {
  for (const char* const spec :
       {R"({"volumes":7})", R"({"containers":{}})", R"({"containers":[7]})",
        R"({"containers":[{"env":[{"valueFrom":{"secretKeyRef":7}}]}]})"}) {
    CAPTURE(spec);
    WorkloadJson json;
    json.pod_spec = spec;
    std::string text = json.text();
    CHECK_FALSE(Parser().workload(text, WorkloadKind::deployment));
  }
}
