#include "tests/unit/kubernetes/objects_support.h"

#include <doctest/doctest.h>

#include "controller/kubernetes/parser.h"

namespace ebbgate::kubernetes {

namespace {

std::string member(const std::string& key, const std::string& value) {
  return value.empty() ? "" : ",\"" + key + "\":" + value;
}

}  // namespace

std::string metadata_json(const std::string& name, const std::string& annotations,
                          int resource_version) {
  return R"({"name":")" + name +
         R"(","namespace":"default","uid":"5f0c9c0e-1d0f-4c39-9a3e-8e9b3b0d7a11",)"
         R"("resourceVersion":")" +
         std::to_string(resource_version) +
         R"(","generation":7,"creationTimestamp":"2026-11-23T18:00:00Z","labels":{"app":"web"})" +
         member("annotations", annotations) +
         R"(,"managedFields":[{"manager":"kubectl","operation":"Update","apiVersion":"v1",)"
         R"("fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},"f:name":{}}}}]})";
}

std::string config_json(const std::string& name, const std::string& members,
                        const std::string& annotations) {
  return R"({"metadata":)" + metadata_json(name, annotations) +
         (members.empty() ? "" : "," + members) + "}";
}

std::string list_json(const std::vector<std::string>& items, const std::string& metadata) {
  std::string text = R"({"kind":"List","apiVersion":"v1","metadata":)" + metadata + R"(,"items":[)";
  for (const std::string& item : items) text += (text.back() == '[' ? "" : ",") + item;
  return text + "]}\n";
}

std::string event_json(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

std::string WorkloadJson::text() const {
  return R"({"apiVersion":"apps/v1","metadata":)" + metadata_json("web", annotations) +
         R"(,"spec":{)" + spec + (spec.empty() ? "" : ",") +
         R"("template":{"metadata":{"creationTimestamp":null,"labels":{"app":"web"})" +
         member("annotations", template_annotations) + R"(},"spec":)" + pod_spec +
         R"(}},"status":)" + status + "}";
}

WorkloadObject read(const WorkloadJson& json, WorkloadKind kind) {
  std::string text = json.text();
  auto workload = Parser().workload(text, kind);
  REQUIRE(workload);
  return *std::move(workload);
}

ConfigObject read_config_map(std::string json, const Interest& interest) {
  auto config = Parser().config(json, ConfigKind::config_map, interest);
  REQUIRE(config);
  return *std::move(config);
}

ConfigObject read_secret(std::string json, const Interest& interest) {
  auto config = Parser().config(json, ConfigKind::secret, interest);
  REQUIRE(config);
  return *std::move(config);
}

}  // namespace ebbgate::kubernetes
