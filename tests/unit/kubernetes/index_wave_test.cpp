#include <fstream>
#include <map>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "controller/kubernetes/parser.h"
#include "controller/kubernetes/wave_annotations.h"
#include "controller/kubernetes/wave_hash.h"
#include "tests/unit/kubernetes/index_support.h"

namespace ebbgate::kubernetes {
namespace {

using Json = nlohmann::json;
using Objects = std::map<ConfigName, std::string>;

Json vectors() {
  std::ifstream file(EBBGATE_TESTDATA "/wave-hashes.json");
  REQUIRE(file.is_open());
  return Json::parse(file)["vectors"];
}

WaveHash::Fetch from(const Objects& objects) {
  return [&objects](const ConfigName& name) -> std::optional<std::string> {
    const auto found = objects.find(name);
    return found == objects.end() ? std::string() : found->second;
  };
}

std::string hash_of_text(const std::string& text) {
  return sha256(text).hex();
}

// What Wave reads of a workload, as the parser and the annotations tell.
std::vector<ConfigReference> wave_references(Json workload) {
  workload["metadata"]["uid"] = "u";
  workload["metadata"]["resourceVersion"] = "7";
  const auto kind = workload_kind(workload["kind"].get<std::string>());
  REQUIRE(kind);
  std::string text = workload.dump();
  const auto object = Parser().workload(text, *kind);
  REQUIRE(object);
  std::vector<ConfigReference> references = object->wave_references;
  for (const ConfigReference& extra :
       wave_extra_objects(object->annotations, object->key.namespace_name)) {
    references.push_back(extra);
  }
  return references;
}

TEST_CASE("Hashes are those that Wave wrote itself") {
  int compared = 0;
  for (const Json& vector : vectors()) {
    const std::string name = vector["case"].get<std::string>();
    CAPTURE(name);
    Objects objects;
    for (const Json& object : vector["objects"]) {
      const auto kind = object["kind"] == "Secret" ? ConfigKind::secret : ConfigKind::config_map;
      objects[{kind, object["metadata"]["namespace"].get<std::string>(),
               object["metadata"]["name"].get<std::string>()}] = object.dump();
    }
    const auto hash = WaveHash::of(wave_references(vector["workload"]), from(objects));
    CHECK(hash == vector["hash"].get<std::string>());
    ++compared;
  }
  CHECK(compared == 20);
}

TEST_CASE("Text is escaped as Go does it") {
  const Objects objects = {
      {config_map("app"), "{\"data\":{\"a<b>&\xe2\x80\xa8\xe2\x80\xa9\\\"\\\\\xc3\xa4\":\"1\"}}"}};
  const std::string expected =
      "{\"configMaps\":{\"app\":{\"a\\u003cb\\u003e\\u0026\\u2028\\u2029\\\"\\\\\xc3\xa4\":"
      "\"MQ==\"}},\"secrets\":{}}";
  CHECK(WaveHash::of({{config_map("app"), "", false}}, from(objects)) == hash_of_text(expected));
}

TEST_CASE("Keys are sorted by their bytes, over data and binaryData together") {
  const Objects objects = {
      {config_map("app"), R"({"data":{"b":"2","B":"1","a.b":"3"},"binaryData":{"a":"AA=="}})"}};
  CHECK(WaveHash::of({{config_map("app"), "", false}}, from(objects)) ==
        hash_of_text(R"({"configMaps":{"app":{"B":"MQ==","a":"AA==","a.b":"Mw==","b":"Mg=="}},)"
                     R"("secrets":{}})"));
}

TEST_CASE("Values are what their JSON means, empty ones and escaped ones too") {
  const Objects objects = {{config_map("app"), R"({"data":{"a":"","b":"x\n\u00e4","c":"\"<"}})"},
                           {secret("db"), R"({"data":{"e":"","n":null}})"}};
  CHECK(WaveHash::of({{config_map("app"), "", false}, {secret("db"), "", false}}, from(objects)) ==
        hash_of_text(R"({"configMaps":{"app":{"a":"","b":"eArDpA==","c":"Ijw="}},)"
                     R"("secrets":{"db":{"e":"","n":null}}})"));
}

TEST_CASE("A key that is missing is left out, and so is an object that does not exist") {
  const Objects objects = {{secret("db"), R"({"data":{"user":"dQ=="}})"}};
  CHECK(WaveHash::of({{secret("db"), "user", false},
                      {secret("db"), "gone", true},
                      {secret("none"), "", true},
                      {config_map("none"), "a", true}},
                     from(objects)) ==
        hash_of_text(R"({"configMaps":{},"secrets":{"db":{"user":"dQ=="}}})"));
}

TEST_CASE("A whole Secret without data is null to Wave, a ConfigMap without is not") {
  const Objects objects = {{secret("db"), "{}"}, {config_map("app"), "{}"}};
  CHECK(WaveHash::of({{secret("db"), "", false}, {config_map("app"), "", false}}, from(objects)) ==
        hash_of_text(R"({"configMaps":{"app":{}},"secrets":{"db":null}})"));
}

TEST_CASE("There is no hash while an object cannot be read or understood") {
  const std::vector<ConfigReference> references = {{secret("db"), "", false}};
  CHECK_FALSE(WaveHash::of(references, [](const ConfigName&) { return std::nullopt; }));
  const Objects broken = {{secret("db"), "{\"data\":"}};
  CHECK_FALSE(WaveHash::of(references, from(broken)));
  const Objects odd = {{secret("db"), R"({"data":{"a":7}})"}};
  CHECK_FALSE(WaveHash::of(references, from(odd)));
}

TEST_CASE("Each object is asked for once, ConfigMaps first, by name") {
  std::vector<ConfigName> asked;
  WaveHash::of({{secret("a"), "x", false},
                {config_map("c"), "", false},
                {config_map("b"), "x", false},
                {config_map("b"), "y", false}},
               [&asked](const ConfigName& name) -> std::optional<std::string> {
                 asked.push_back(name);
                 return "{}";
               });
  CHECK(asked == std::vector<ConfigName>{config_map("b"), config_map("c"), secret("a")});
}

}  // namespace
}  // namespace ebbgate::kubernetes
