#include "controller/commands/advice.h"

#include <doctest/doctest.h>

using namespace ebbgate::commands;

namespace {

SeenWorkload workload(const std::string& kind, const std::vector<SeenGate>& gates,
                      const std::string& state = "waiting") {
  SeenWorkload workload;
  workload.namespace_name = "shop";
  workload.kind = kind;
  workload.name = "web";
  workload.state = state;
  workload.gates = gates;
  return workload;
}

// Each as "text|command".
std::vector<std::string> advice(const SeenWorkload& workload, const std::string& release = "") {
  std::vector<std::string> result;
  for (const Advice& each : advice_for(workload, release)) {
    result.push_back(each.text + "|" + each.command);
  }
  return result;
}

using Advices = std::vector<std::string>;

}  // namespace

TEST_CASE("an update that only time holds can be released, where release is on") {
  const std::string text =
      "To let it go now, and forgive its level:|ebbgate release shop/Local/web";
  for (const char* gate : {"settle", "backoff", "health"}) {
    CAPTURE(gate);
    CHECK(advice(workload("Local", {{gate, "", ""}}), "ebbgate release").back() == text);
  }
  CHECK(advice(workload("Local", {{"backoff", "", ""}})).empty());
  CHECK(advice(workload("Local", {}, "idle"), "ebbgate release").empty());
}

TEST_CASE("release is no advice where it opens nothing, and no promise where it opens not all") {
  for (const char* gate : {"hold", "missing"}) {
    for (const std::string& each :
         advice(workload("Local", {{"backoff", "", ""}, {gate, "", ""}}), "ebbgate release")) {
      CHECK(each.find("ebbgate release") == std::string::npos);
    }
  }
  CHECK(advice(workload("Local", {{"backoff", "", ""}, {"budget", "", ""}}), "ebbgate release")
            .back() ==
        "To forgive its level, though what all workloads share holds it still:|ebbgate release "
        "shop/Local/web");
}

TEST_CASE("how a hold is lifted depends on who holds") {
  CHECK(advice(workload("Deployment", {{"hold", "", "held by its owner"}}, "held")) ==
        Advices{"To lift the hold:|kubectl -n shop annotate deployment/web ebbgate.io/hold-"});
  CHECK(advice(workload("StatefulSet", {{"hold", "2026-12-24T18:00:00.000Z", ""}}, "held")) ==
        Advices{"The hold ends by itself; to lift it now:|kubectl -n shop annotate "
                "statefulset/web ebbgate.io/hold-"});
  CHECK(advice(workload("Deployment", {{"hold", "", "spec.paused is true: nothing"}}, "held")) ==
        Advices{"To resume it:|kubectl -n shop rollout resume deployment/web"});
  CHECK(advice(workload("Local", {{"hold", "", ""}}, "held")) ==
        Advices{"To lift the hold: take `hold` from this workload in the configuration file, and "
                "send SIGHUP to ebbgate.|"});
}

TEST_CASE("each other gate is told with what opens it") {
  CHECK(advice(workload("Local", {{"missing", "", ""}}, "missing")).size() == 1);
  CHECK(advice(workload("Local", {{"retry", "", ""}})).size() == 1);
  CHECK(advice(workload("Local", {{"budget", "", ""}})).size() == 1);
  CHECK(advice(workload("Deployment", {{"unfinished", "", ""}})) ==
        Advices{"It goes when another rollout is done. To list those that are not:|ebbgate status "
                "--state unhealthy"});
  CHECK(advice(workload("DaemonSet", {}, "unhealthy")) ==
        Advices{"Its last rollout is not ready; to see why:|kubectl -n shop rollout status "
                "daemonset/web"});
}

TEST_CASE("a command for a shell has names in quotes, and none that were changed to be shown") {
  SeenWorkload odd = workload("Local", {{"backoff", "", ""}});
  odd.name = "we b";
  CHECK(advice(odd, "ebbgate release").back().ends_with("|ebbgate release 'shop/Local/we b'"));
  odd.name = "we?b";
  CHECK(advice(odd, "ebbgate release").empty());
}
