#include <doctest/doctest.h>

#include "tests/unit/kubernetes/objects_support.h"

using namespace ebbgate;
using namespace ebbgate::kubernetes;

namespace {

ConfigReference config_map(const std::string& name, const std::string& key = "",
                           bool optional = false) {
  return {{ConfigKind::config_map, "default", name}, key, optional};
}

ConfigReference secret(const std::string& name, const std::string& key = "",
                       bool optional = false) {
  return {{ConfigKind::secret, "default", name}, key, optional};
}

using References = std::vector<ConfigReference>;

WorkloadObject with_pod(const std::string& pod_spec) {
  WorkloadJson json;
  json.pod_spec = pod_spec;
  return read(json);
}

WorkloadObject with_volume(const std::string& source) {
  return with_pod(R"({"volumes":[{"name":"v",)" + source + R"(}],"containers":[]})");
}

WorkloadObject with_container(const std::string& members) {
  return with_pod(R"({"containers":[{"name":"c",)" + members + "}]}");
}

}  // namespace

TEST_CASE("a pod without references has none") {
  const auto workload = read({});
  CHECK(workload.references.empty());
  CHECK(workload.wave_references.empty());
  CHECK(with_pod(R"({"volumes":null,"containers":null})").references.empty());
}

TEST_CASE("a volume references a whole object") {
  CHECK(with_volume(R"("configMap":{"name":"a","defaultMode":420})").references ==
        References{config_map("a")});
  CHECK(with_volume(R"("secret":{"secretName":"a","optional":true})").references ==
        References{secret("a", "", true)});
  CHECK(with_volume(R"("secret":{"secretName":"a","optional":false,"items":[]})").references ==
        References{secret("a")});
}

TEST_CASE("a volume with items references those keys; for Wave, the whole object") {
  const auto workload = with_volume(
      R"("configMap":{"name":"a","items":[{"key":"y","path":"p"},{"key":"x","path":"q"}]})");
  CHECK(workload.references == References{config_map("a", "x"), config_map("a", "y")});
  CHECK(workload.wave_references == References{config_map("a")});
}

TEST_CASE("a projected volume references its sources, single keys for Wave too") {
  const auto workload = with_volume(
      R"("projected":{"sources":[{"configMap":{"name":"a"}},)"
      R"({"secret":{"name":"s","optional":true,"items":[{"key":"k","path":"p"}]}},)"
      R"({"serviceAccountToken":{"path":"token","expirationSeconds":3607}},)"
      R"({"clusterTrustBundle":{"name":"x","path":"p"}},)"
      R"({"downwardAPI":{"items":[{"path":"p","fieldRef":{"fieldPath":"metadata.name"}}]}}]})");
  const References expected{config_map("a"), secret("s", "k", true)};
  CHECK(workload.references == expected);
  CHECK(workload.wave_references == expected);
}

TEST_CASE("variables reference single keys") {
  const auto workload = with_container(
      R"("env":[{"name":"A","value":"plain"},)"
      R"({"name":"B","valueFrom":{"configMapKeyRef":{"name":"a","key":"k"}}},)"
      R"({"name":"C","valueFrom":{"secretKeyRef":{"key":"l","optional":true,"name":"s"}}},)"
      R"({"name":"D","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}},)"
      R"({"name":"E","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}}])");
  const References expected{config_map("a", "k"), secret("s", "l", true)};
  CHECK(workload.references == expected);
  CHECK(workload.wave_references == expected);
}

TEST_CASE("envFrom references whole objects") {
  const auto workload = with_container(
      R"("envFrom":[{"prefix":"P_","configMapRef":{"name":"a","optional":true}},{"secretRef":{"name":"s"}}])");
  const References expected{config_map("a", "", true), secret("s")};
  CHECK(workload.references == expected);
  CHECK(workload.wave_references == expected);
}

TEST_CASE("init containers reference too, but not for Wave") {
  const auto workload = with_pod(
      R"({"containers":[{"name":"c","envFrom":[{"secretRef":{"name":"s"}}]}],"initContainers":)"
      R"([{"name":"i","envFrom":[{"configMapRef":{"name":"a"}}],"env":[{"name":"B","valueFrom":)"
      R"({"secretKeyRef":{"name":"t","key":"k"}}}]}]})");
  CHECK(workload.references == References{config_map("a"), secret("s"), secret("t", "k")});
  CHECK(workload.wave_references == References{secret("s")});
}

TEST_CASE("what the kubelet and drivers use themselves is no reference") {
  CHECK(with_pod(R"({"imagePullSecrets":[{"name":"pull"}],"containers":[]})").references.empty());
  CHECK(with_volume(R"("csi":{"driver":"d","nodePublishSecretRef":{"name":"s"}})")
            .references.empty());
  CHECK(with_volume(R"("cephfs":{"monitors":[],"secretRef":{"name":"s"}})").references.empty());
  CHECK(with_volume(R"("emptyDir":{})").references.empty());
}

TEST_CASE("the same reference twice counts once, with another optionality twice") {
  const auto workload = with_container(
      R"("envFrom":[{"configMapRef":{"name":"a"}},{"configMapRef":{"name":"a"}},)"
      R"({"configMapRef":{"name":"a","optional":true}}],)"
      R"("env":[{"name":"B","valueFrom":{"configMapKeyRef":{"name":"a","key":"k"}}}])");
  CHECK(workload.references ==
        References{config_map("a"), config_map("a", "", true), config_map("a", "k")});
}

TEST_CASE("references without a name are none") {
  CHECK(with_container(R"("envFrom":[{"configMapRef":{}},{"secretRef":null}])").references.empty());
}

TEST_CASE("Wave's extra objects are whole and optional, and are Wave's references alone") {
  WorkloadJson json;
  json.annotations = R"({"wave.pusher.com/extra-configmaps":"default/a,other/b,c",)"
                     R"("wave.pusher.com/extra-secrets":"s, t,u/v/w,,a/"})";
  const auto workload = read(json);
  CHECK(workload.references.empty());
  CHECK(workload.wave_references == References{config_map("a", "", true),
                                               config_map("c", "", true),
                                               {{ConfigKind::config_map, "other", "b"}, "", true},
                                               secret("s", "", true)});
}
