#include <doctest/doctest.h>

#include "base/text.h"
#include "controller/kubernetes/workload_annotations.h"

using namespace ebbgate;
using namespace ebbgate::kubernetes;
using namespace std::chrono_literals;

namespace {

using Annotations = std::map<std::string, std::string, std::less<>>;

WorkloadAnnotations read(const Annotations& annotations, const Honor& honor = {}) {
  WorkloadObject workload;
  workload.key = {"default", "Deployment", "web"};
  workload.annotations = annotations;
  return read_annotations(workload, honor, {}, {});
}

const Annotations kWaves = {{"wave.pusher.com/update-on-config-change", "true"}};
const Annotations kReloaders = {{"reloader.stakater.com/auto", "true"}};

void check_told(const WorkloadAnnotations& annotations, const std::vector<std::string>& words) {
  REQUIRE(annotations.problems.size() == 1);
  for (const std::string& word : words) {
    CAPTURE(annotations.problems[0]);
    CAPTURE(word);
    CHECK(annotations.problems[0].find(word) != std::string::npos);
  }
}

ConfigReference config_map(const std::string& namespace_name, const std::string& name,
                           const std::string& key = "", bool optional = false) {
  return {{ConfigKind::config_map, namespace_name, name}, key, optional};
}

ConfigReference secret(const std::string& namespace_name, const std::string& name,
                       const std::string& key = "", bool optional = false) {
  return {{ConfigKind::secret, namespace_name, name}, key, optional};
}

}  // namespace

TEST_CASE("a workload without annotations is not watched and has the global policy") {
  const auto annotations = read({});
  CHECK_FALSE(annotations.watched);
  CHECK_FALSE(annotations.by_wave);
  CHECK_FALSE(annotations.hold.held);
  CHECK(annotations.backoff == governor::BackoffSettings());
  CHECK(annotations.settle == governor::SettleSettings());
  CHECK(annotations.extra.empty());
  CHECK(annotations.problems.empty());
}

TEST_CASE("watch: true opts in") {
  CHECK(read({{"ebbgate.io/watch", "true"}}).watched);
  CHECK_FALSE(read({{"ebbgate.io/watch", "true"}}).by_wave);
  CHECK_FALSE(read({{"ebbgate.io/watch", "false"}}).watched);
}

TEST_CASE("a watch that is neither true nor false counts as absent, and is told") {
  const auto annotations = read({{"ebbgate.io/watch", "True"}});
  CHECK_FALSE(annotations.watched);
  check_told(annotations, {"ebbgate.io/watch", "\"True\"", "absent"});
}

TEST_CASE("others' annotations opt in where they are honoured") {
  CHECK(read(kWaves).watched);
  CHECK(read(kWaves).by_wave);
  CHECK_FALSE(read(kWaves, {false, false}).watched);
  CHECK_FALSE(read(kReloaders).watched);
  CHECK(read(kReloaders, {false, true}).watched);
  CHECK_FALSE(read(kReloaders, {false, true}).by_wave);
  CHECK_FALSE(read({{"wave.pusher.com/update-on-config-change", "yes"}}).watched);
}

TEST_CASE("watch: false beats the annotations of others") {
  for (Annotations annotations : {kWaves, kReloaders}) {
    annotations["ebbgate.io/watch"] = "false";
    CHECK_FALSE(read(annotations, {true, true}).watched);
    CHECK_FALSE(read(annotations, {true, true}).by_wave);
  }
}

TEST_CASE("a workload that opted in twice is Wave's too") {
  Annotations annotations = kWaves;
  annotations["ebbgate.io/watch"] = "true";
  CHECK(read(annotations).watched);
  CHECK(read(annotations).by_wave);
}

TEST_CASE("a policy stands on top of the global one") {
  const auto annotations = read({{"ebbgate.io/backoff-base", "2s"},
                                 {"ebbgate.io/backoff-max", "1m30s"},
                                 {"ebbgate.io/backoff-factor", "1.5"},
                                 {"ebbgate.io/stable-after", "20m"},
                                 {"ebbgate.io/unhealthy-max", "15m"},
                                 {"ebbgate.io/settle", "2s"}});
  CHECK(annotations.problems.empty());
  CHECK(annotations.backoff == governor::BackoffSettings{2s, 1.5, 90s, 20min, 15min});
  CHECK(annotations.settle == governor::SettleSettings{2s, 5s});
  CHECK(read({{"ebbgate.io/backoff-base", "3s"}}).backoff ==
        governor::BackoffSettings{3s, 2, 64s, 10min, 10min});
}

TEST_CASE("settling for longer than the global limit raises the limit") {
  CHECK(read({{"ebbgate.io/settle", "30s"}}).settle == governor::SettleSettings{30s, 30s});
  CHECK(read({{"ebbgate.io/settle", "0"}}).settle == governor::SettleSettings{0s, 5s});
}

TEST_CASE("one wrong value sets the whole policy aside, and tells what is wrong") {
  const auto annotations =
      read({{"ebbgate.io/backoff-base", "2 seconds"}, {"ebbgate.io/settle", "2s"}});
  CHECK(annotations.backoff == governor::BackoffSettings());
  CHECK(annotations.settle == governor::SettleSettings());
  check_told(annotations, {"ebbgate.io/backoff-base", "\"2 seconds\"", "10s", "global policy"});
}

TEST_CASE("every wrong value is told") {
  CHECK(read({{"ebbgate.io/backoff-base", "x"}, {"ebbgate.io/backoff-factor", "y"}})
            .problems.size() == 2);
}

TEST_CASE("a factor is a number and nothing else") {
  for (const char* const factor :
       {"", "two", "2x", " 2", "nan", "inf", "-1", "0.5", "1e3", "1001"}) {
    CAPTURE(factor);
    const auto annotations = read({{"ebbgate.io/backoff-factor", factor}});
    CHECK(annotations.backoff == governor::BackoffSettings());
    check_told(annotations, {"ebbgate.io/backoff-factor"});
  }
}

TEST_CASE("values that make no sense together are set aside, and named") {
  const auto annotations = read({{"ebbgate.io/backoff-max", "30m"}, {"ebbgate.io/settle", "1s"}});
  CHECK(annotations.backoff == governor::BackoffSettings());
  CHECK(annotations.settle == governor::SettleSettings());
  REQUIRE(annotations.problems.size() == 2);
  for (const std::string& problem : annotations.problems) {
    CHECK(problem.find("ebbgate.io/backoff-max: \"30m\"") != std::string::npos);
    CHECK(problem.find("global policy") != std::string::npos);
  }
  CHECK(annotations.problems[0].find("unhealthy_max") != std::string::npos);
  CHECK(annotations.problems[1].find("stable_after") != std::string::npos);
}

TEST_CASE("a wrong policy leaves everything else in force") {
  const auto annotations = read({{"ebbgate.io/watch", "true"},
                                 {"ebbgate.io/backoff-base", "x"},
                                 {"ebbgate.io/hold", "true"},
                                 {"ebbgate.io/extra-secrets", "s"}});
  CHECK(annotations.watched);
  CHECK(annotations.hold.held);
  CHECK(annotations.extra.size() == 1);
}

TEST_CASE("a hold is for good, until a time, or none") {
  CHECK(read({{"ebbgate.io/hold", "true"}}).hold == governor::Hold{true, std::nullopt});
  CHECK_FALSE(read({{"ebbgate.io/hold", "false"}}).hold.held);
  const auto until = read({{"ebbgate.io/hold", "2026-12-24T18:00:00+01:00"}});
  CHECK(until.hold == governor::Hold{true, parse_time("2026-12-24T17:00:00Z")});
  CHECK(until.problems.empty());
}

TEST_CASE("a hold that cannot be read holds, and is told") {
  for (const char* const hold : {"", "tomorrow", "2026-12-24", "True"}) {
    const auto annotations = read({{"ebbgate.io/hold", hold}});
    CHECK(annotations.hold == governor::Hold{true, std::nullopt});
    check_told(annotations, {"ebbgate.io/hold", hold, "held until this is mended"});
  }
}

TEST_CASE("extra objects are names, with a namespace or key where that is said") {
  const auto annotations =
      read({{"ebbgate.io/extra-configmaps", "a, other/b ,c:key.1,other/d:K_2,a,"},
            {"ebbgate.io/extra-secrets", "s"}});
  CHECK(annotations.problems.empty());
  CHECK(annotations.extra ==
        std::vector<ConfigReference>{config_map("default", "a"),
                                     config_map("default", "c", "key.1"), config_map("other", "b"),
                                     config_map("other", "d", "K_2"), secret("default", "s")});
}

TEST_CASE("an extra object that names nothing is left out, and told") {
  for (const char* const entry : {"a/b/c", "/a", "a/", "a:", ":k", "A", "a b", "-a", "a:b:c",
                                  "a:..", "../../nodes/x", "a.b/c", "a?x=y"}) {
    CAPTURE(entry);
    const auto annotations =
        read({{"ebbgate.io/extra-configmaps", std::string("good,") + entry + ",fine"}});
    CHECK(annotations.extra == std::vector<ConfigReference>{config_map("default", "fine"),
                                                            config_map("default", "good")});
    check_told(annotations, {"ebbgate.io/extra-configmaps", entry, "left out"});
  }
}

TEST_CASE("Wave's extra objects count for workloads that are watched because of Wave") {
  Annotations annotations = kWaves;
  annotations["wave.pusher.com/extra-configmaps"] = "a,other/b";
  annotations["wave.pusher.com/extra-secrets"] = "s";
  CHECK(read(annotations).extra ==
        std::vector<ConfigReference>{config_map("default", "a", "", true),
                                     config_map("other", "b", "", true),
                                     secret("default", "s", "", true)});
  annotations["ebbgate.io/watch"] = "true";
  CHECK(read(annotations, {false, false}).extra.empty());
  CHECK(read(annotations, {true, false}).extra.size() == 3);
}
