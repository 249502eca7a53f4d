#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "controller/kubernetes/patches.h"
#include "tests/unit/kubernetes/objects_support.h"

using namespace ebbgate;
using namespace ebbgate::kubernetes;

namespace {

using Json = nlohmann::json;

const std::string kTestsUid =
    R"({"op":"test","path":"/metadata/uid","value":"5f0c9c0e-1d0f-4c39-9a3e-8e9b3b0d7a11"},)";

WorkloadObject seen(const std::string& annotations, const std::string& template_annotations) {
  WorkloadJson json;
  json.annotations = annotations;
  json.template_annotations = template_annotations;
  return read(json);
}

const std::string kOthers = R"({"other":"x"})";
const std::string kState = R"({"ebbgate.io/state":"{\"old\":1}"})";
const std::string kHash = R"({"ebbgate.io/config-hash":"v1-old"})";

}  // namespace

TEST_CASE("where the maps are missing, they are tested for that and added whole") {
  CHECK(rollout_patch(seen("", ""), "v1-new", "state") ==
        "[" + kTestsUid +
            R"({"op":"test","path":"/spec/template/metadata/annotations","value":null},)"
            R"({"op":"test","path":"/metadata/annotations","value":null},)"
            R"({"op":"add","path":"/spec/template/metadata/annotations",)"
            R"("value":{"ebbgate.io/config-hash":"v1-new"}},)"
            R"({"op":"add","path":"/metadata/annotations","value":{"ebbgate.io/state":"state"}}])");
}

TEST_CASE("where the maps are there, only our keys are tested and added") {
  CHECK(rollout_patch(seen(kOthers, kOthers), "v1-new", "state") ==
        "[" + kTestsUid +
            R"({"op":"test","path":"/spec/template/metadata/annotations/ebbgate.io~1config-hash",)"
            R"("value":null},)"
            R"({"op":"test","path":"/metadata/annotations/ebbgate.io~1state","value":null},)"
            R"({"op":"add","path":"/spec/template/metadata/annotations/ebbgate.io~1config-hash",)"
            R"("value":"v1-new"},)"
            R"({"op":"add","path":"/metadata/annotations/ebbgate.io~1state","value":"state"}])");
}

TEST_CASE("where our keys are there, their values are tested") {
  const Json patch = Json::parse(rollout_patch(seen(kState, kHash), "v1-new", R"({"new":2})"));
  REQUIRE(patch.size() == 5);
  CHECK(patch[1]["op"] == "test");
  CHECK(patch[1]["value"] == "v1-old");
  CHECK(patch[2]["op"] == "test");
  CHECK(patch[2]["value"] == R"({"old":1})");
  CHECK(patch[4]["value"] == R"({"new":2})");
}

TEST_CASE("a patch of the state alone tests everything and leaves the template as it is") {
  const Json patch = Json::parse(state_patch(seen(kState, ""), "state"));
  REQUIRE(patch.size() == 4);
  for (std::size_t i = 0; i < 3; ++i) CHECK(patch[i]["op"] == "test");
  CHECK(patch[1]["path"] == "/spec/template/metadata/annotations");
  CHECK(patch[3] == Json{{"op", "add"},
                         {"path", "/metadata/annotations/ebbgate.io~1state"},
                         {"value", "state"}});
}

TEST_CASE("a patch applies to what it was made from, and to nothing else") {
  const std::string maps[] = {"", kOthers, kState, kHash};
  for (const std::string& annotations : maps) {
    for (const std::string& template_annotations : maps) {
      const auto made_from = seen(annotations, template_annotations);
      const Json patch = Json::parse(rollout_patch(made_from, "v1-new", "state"));
      const std::string text = WorkloadJson{annotations, template_annotations}.text();
      // nlohmann's JSON patch does not take a missing path for null, as the API server does.
      Json lenient = Json::array();
      for (const Json& operation : patch) {
        if (operation["op"] != "test" || !operation["value"].is_null())
          lenient.push_back(operation);
      }
      const Json after = Json::parse(text).patch(lenient);
      CHECK(after["metadata"]["annotations"]["ebbgate.io/state"] == "state");
      CHECK(after["spec"]["template"]["metadata"]["annotations"]["ebbgate.io/config-hash"] ==
            "v1-new");
      if (annotations == kOthers) CHECK(after["metadata"]["annotations"]["other"] == "x");
      for (const std::string& fresh : maps) {
        CHECK(passes_tests(seen(fresh, template_annotations), made_from) ==
              (fresh == annotations ||
               (fresh != "" && annotations != "" && fresh != kState && annotations != kState)));
        CHECK(passes_tests(seen(annotations, fresh), made_from) ==
              (fresh == template_annotations || (fresh != "" && template_annotations != "" &&
                                                 fresh != kHash && template_annotations != kHash)));
      }
    }
  }
}

TEST_CASE("a workload of another uid passes no test") {
  auto other = seen(kState, kHash);
  other.uid = "another";
  CHECK_FALSE(passes_tests(other, seen(kState, kHash)));
  CHECK(passes_tests(seen(kState, kHash), seen(kState, kHash)));
}
