#include <doctest/doctest.h>

#include "controller/kubernetes/rollout.h"
#include "tests/unit/kubernetes/objects_support.h"

using namespace ebbgate;
using namespace ebbgate::kubernetes;

namespace {

WorkloadObject deployment(const std::string& spec, const std::string& status) {
  WorkloadJson json;
  json.spec = spec;
  json.status = status;
  return read(json);
}

WorkloadObject stateful_set(const std::string& spec, const std::string& status) {
  WorkloadJson json;
  json.spec = spec;
  json.status = status;
  return read(json, WorkloadKind::stateful_set);
}

WorkloadObject daemon_set(const std::string& spec, const std::string& status) {
  WorkloadJson json;
  json.spec = spec;
  json.status = status;
  return read(json, WorkloadKind::daemon_set);
}

std::int32_t max_unavailable(int replicas, const std::string& strategy) {
  return deployment(R"("replicas":)" + std::to_string(replicas) + strategy, "{}")
      .status.max_unavailable;
}

RolloutState of_deployment(int current, int updated, int available) {
  return rollout_state(
      deployment(R"("replicas":4)", R"({"observedGeneration":7,"replicas":)" +
                                        std::to_string(current) + R"(,"updatedReplicas":)" +
                                        std::to_string(updated) + R"(,"availableReplicas":)" +
                                        std::to_string(available) + "}"),
      7);
}

}  // namespace

TEST_CASE("a Deployment's status is read in everybody's terms") {
  const auto workload = deployment(
      R"("replicas":4,"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"maxUnavailable":2}})",
      R"({"observedGeneration":6,"replicas":5,"updatedReplicas":3,"readyReplicas":4,)"
      R"("availableReplicas":2,"unavailableReplicas":3,"conditions":[)"
      R"({"type":"Available","status":"True","reason":"MinimumReplicasAvailable"},)"
      R"({"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded"}]})");
  CHECK(workload.status == RolloutStatus{6, 4, 5, 3, 2, 0, 2, true});
}

TEST_CASE("a Deployment has one replica where nothing is said") {
  CHECK(deployment("", "{}").status.desired == 1);
  CHECK(deployment(R"("replicas":null)", "null").status.desired == 1);
  CHECK(deployment(R"("replicas":0)", "{}").status.desired == 0);
}

TEST_CASE("only an exceeded deadline of Progressing is one") {
  const auto exceeded = [](const std::string& condition) {
    return deployment("", R"({"conditions":[)" + condition + "]}").status.deadline_exceeded;
  };
  CHECK(exceeded(R"({"reason":"ProgressDeadlineExceeded","type":"Progressing"})"));
  CHECK_FALSE(exceeded(R"({"type":"Progressing","reason":"NewReplicaSetAvailable"})"));
  CHECK_FALSE(exceeded(R"({"type":"Available","reason":"ProgressDeadlineExceeded"})"));
}

TEST_CASE("a Deployment may miss a quarter of its pods, rounded down") {
  CHECK(max_unavailable(4, "") == 1);
  CHECK(max_unavailable(7, "") == 1);
  CHECK(max_unavailable(8, "") == 2);
  CHECK(max_unavailable(3, "") == 0);
}

TEST_CASE("what may be missing is worked out from numbers and percentages, and never all") {
  const auto rolling = [](const std::string& amount) {
    return R"(,"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":)" + amount +
           "}}";
  };
  CHECK(max_unavailable(10, rolling("3")) == 3);
  CHECK(max_unavailable(10, rolling("\"39%\"")) == 3);
  CHECK(max_unavailable(10, rolling("10")) == 9);
  CHECK(max_unavailable(10, rolling("\"100%\"")) == 9);
  CHECK(max_unavailable(1, rolling("1")) == 0);
  CHECK(max_unavailable(0, rolling("1")) == 0);
  CHECK(max_unavailable(10, rolling("\"most\"")) == 0);
  CHECK(max_unavailable(10, rolling("\"3x\"")) == 0);
  CHECK(max_unavailable(10, rolling("null")) == 2);
  CHECK(max_unavailable(10, R"(,"strategy":{"type":"Recreate"})") == 0);
}

TEST_CASE("a StatefulSet may miss none unless it says so, and keeps pods below its partition") {
  const auto plain = stateful_set(R"("replicas":5)", R"({"replicas":5,"updatedReplicas":1})");
  CHECK(plain.status.max_unavailable == 0);
  CHECK(plain.status.partition == 0);
  CHECK(plain.status.desired == 5);
  const auto parted = stateful_set(
      R"("replicas":5,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":3,"maxUnavailable":2}})",
      "{}");
  CHECK(parted.status.max_unavailable == 2);
  CHECK(parted.status.partition == 3);
}

TEST_CASE("a DaemonSet's pods are those that nodes should have, and one may be missing") {
  const auto workload = daemon_set(
      "",
      R"({"observedGeneration":3,"desiredNumberScheduled":6,"currentNumberScheduled":5,)"
      R"("updatedNumberScheduled":4,"numberAvailable":2,"numberReady":3,"numberMisscheduled":9})");
  CHECK(workload.status == RolloutStatus{3, 6, 5, 4, 2, 0, 1, false});
}

TEST_CASE("a rollout is complete when its pods are updated and enough of them are available") {
  CHECK(of_deployment(4, 4, 4) == RolloutState::complete);
  CHECK(of_deployment(4, 4, 3) == RolloutState::complete);
  CHECK(of_deployment(4, 4, 2) == RolloutState::unfinished);
  CHECK(of_deployment(4, 3, 4) == RolloutState::unfinished);
}

TEST_CASE("a Deployment's rollout is unfinished while old pods are left") {
  CHECK(of_deployment(5, 4, 5) == RolloutState::unfinished);
}

TEST_CASE("a status of before the rollout says nothing about it") {
  const auto workload = deployment(
      R"("replicas":1)",
      R"({"observedGeneration":7,"replicas":1,"updatedReplicas":1,"availableReplicas":1,)"
      R"("conditions":[{"type":"Progressing","reason":"ProgressDeadlineExceeded"}]})");
  CHECK(rollout_state(workload, 8) == RolloutState::unfinished);
  CHECK(rollout_state(workload, 7) == RolloutState::complete);
  CHECK(rollout_state(workload, 6) == RolloutState::complete);
}

TEST_CASE("later changes of the workload that Kubernetes has not seen yet hide no rollout") {
  const auto workload = deployment(
      R"("replicas":1)",
      R"({"observedGeneration":6,"replicas":1,"updatedReplicas":1,"availableReplicas":1})");
  CHECK(workload.generation == 7);
  CHECK(rollout_state(workload, 6) == RolloutState::complete);
}

TEST_CASE("a rollout past its deadline has failed, until it completes after all") {
  const std::string condition =
      R"("conditions":[{"type":"Progressing","reason":"ProgressDeadlineExceeded"}])";
  const auto broken =
      deployment(R"("replicas":1)",
                 R"({"observedGeneration":7,"replicas":1,"updatedReplicas":1,)" + condition + "}");
  CHECK(rollout_state(broken, 7) == RolloutState::failed);
  CHECK(rollout_state(broken, 8) == RolloutState::unfinished);
  const auto late = deployment(
      R"("replicas":1)",
      R"({"observedGeneration":7,"replicas":1,"updatedReplicas":1,"availableReplicas":1,)" +
          condition + "}");
  CHECK(rollout_state(late, 7) == RolloutState::complete);
}

TEST_CASE("a StatefulSet's rollout ends at its partition") {
  const auto with = [](int updated, int available) {
    return rollout_state(
        stateful_set(R"("replicas":5,"updateStrategy":{"rollingUpdate":{"partition":3}})",
                     R"({"observedGeneration":7,"replicas":5,"updatedReplicas":)" +
                         std::to_string(updated) + R"(,"availableReplicas":)" +
                         std::to_string(available) + "}"),
        7);
  };
  CHECK(with(2, 5) == RolloutState::complete);
  CHECK(with(1, 5) == RolloutState::unfinished);
  CHECK(with(2, 4) == RolloutState::unfinished);
}

TEST_CASE("a DaemonSet's rollout needs an updated pod on every node") {
  const auto with = [](int updated, int available) {
    return rollout_state(daemon_set("", R"({"observedGeneration":7,"desiredNumberScheduled":3,)"
                                        R"("currentNumberScheduled":3,"updatedNumberScheduled":)" +
                                            std::to_string(updated) + R"(,"numberAvailable":)" +
                                            std::to_string(available) + "}"),
                         7);
  };
  CHECK(with(3, 3) == RolloutState::complete);
  CHECK(with(3, 2) == RolloutState::complete);
  CHECK(with(3, 1) == RolloutState::unfinished);
  CHECK(with(2, 3) == RolloutState::unfinished);
}

TEST_CASE("what Kubernetes does not roll out itself is not judged") {
  CHECK(is_judged(deployment(R"("replicas":1)", "{}")));
  CHECK_FALSE(is_judged(deployment(R"("replicas":0)", "{}")));
  CHECK_FALSE(is_judged(deployment(R"("replicas":1,"paused":true)", "{}")));
  CHECK_FALSE(is_judged(stateful_set(R"("updateStrategy":{"type":"OnDelete"})", "{}")));
  CHECK_FALSE(is_judged(daemon_set("", R"({"desiredNumberScheduled":0})")));
  CHECK(is_judged(daemon_set("", R"({"desiredNumberScheduled":2})")));
}
