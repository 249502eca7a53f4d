#include "controller/commands/workload_table.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace ebbgate::commands {

namespace {

const WallTime kNow = *parse_time("2026-12-24T18:00:00Z");

SeenWorkload workload(const std::string& name, const std::string& state) {
  SeenWorkload workload;
  workload.namespace_name = "team-payments";
  workload.kind = "Deployment";
  workload.name = name;
  workload.state = state;
  return workload;
}

SeenWorkload waiting(const std::string& name) {
  SeenWorkload waits = workload(name, "waiting");
  waits.level = 12;
  waits.gates = {{"backoff", "", ""}, {"budget", "", ""}, {"unfinished", "", ""}};
  waits.next_update = "2026-12-24T18:59:59.000Z";
  waits.pending_since = "2026-12-24T05:01:00.000Z";
  return waits;
}

const std::vector<SeenWorkload> kSome{
    workload("api", "idle"), waiting("checkout-frontend-europe-west-1"),
    waiting("漢字のワークロード名前が長い場合はどうなりますか"), workload("worker", "unhealthy")};

std::string text_of(const WorkloadTable& table) {
  std::string text;
  for (const auto& block : table.blocks) {
    for (const Line& line : block) text += rendered(line, false) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("what is wrong comes first, then what waits, then what is idle") {
  CHECK(text_of(workload_table(kSome, false, kNow, kAnyWidth)) ==
        "WORKLOAD                                                                   LEVEL  "
        "STATE      HELD BY                      NEXT UPDATE  PENDING SINCE\n"
        "team-payments/Deployment/worker                                            0      "
        "unhealthy\n"
        "team-payments/Deployment/checkout-frontend-europe-west-1                   12     "
        "waiting    backoff, budget, unfinished  in 59m59s    12h59m ago\n"
        "team-payments/Deployment/漢字のワークロード名前が長い場合はどうなりますか  12     "
        "waiting    backoff, budget, unfinished  in 59m59s    12h59m ago\n"
        "team-payments/Deployment/api                                               0      "
        "idle\n");
}

TEST_CASE("in 80 columns titles, gates and the middle of names give way, and no column goes") {
  CHECK(text_of(workload_table(kSome, false, kNow, 80)) ==
        "WORKLOAD                     LEVEL  STATE      HELD BY     NEXT       SINCE\n"
        "team-pay…/Deployment/worker  0      unhealthy\n"
        "team-pay…tend-europe-west-1  12     waiting    backoff, …  in 59m59s  12h59m ago\n"
        "team-pay…合はどうなりますか  12     waiting    backoff, …  in 59m59s  12h59m ago\n"
        "team-pay…nts/Deployment/api  0      idle\n");
}

TEST_CASE("in 60 columns since when goes, too, and level, state and next update stay") {
  const std::string text = text_of(workload_table(kSome, false, kNow, 60));
  CHECK(text.find("SINCE") == std::string::npos);
  CHECK(text.find("backoff, …  in 59m59s\n") != std::string::npos);
  CHECK(text.find("  12     waiting    ") != std::string::npos);
}

TEST_CASE("no line is wider than the window, down to what level, state and next update need") {
  for (std::size_t width = 41; width < 200; ++width) {
    CAPTURE(width);
    const WorkloadTable table = workload_table(kSome, true, kNow, width);
    for (const auto& block : table.blocks) {
      for (const Line& line : block) CHECK(width_of(rendered(line, false)) <= width);
    }
    const std::string text = text_of(table);
    CHECK(text.find("  12     waiting    ") != std::string::npos);
    CHECK(text.find("in 59m59s") != std::string::npos);
    CHECK(text.find("west-1") != std::string::npos);
    for (const Line& line : table.summary) CHECK(width_of(line) <= width);
  }
}

TEST_CASE("many idle workloads are counted, few are listed, all where that is asked for") {
  std::vector<SeenWorkload> many{waiting("web")};
  for (int index = 0; index < 20; ++index) {
    many.push_back(workload("idle-" + std::to_string(index), "idle"));
  }
  CHECK(workload_table(many, false, kNow, 80).blocks.size() == 22);
  many.push_back(workload("one-too-many", "idle"));
  const WorkloadTable few = workload_table(many, false, kNow, 80);
  CHECK(few.blocks.size() == 2);
  CHECK(rendered(few.summary.front(), false) ==
        "22 workloads: 1 waiting, 21 idle; idle ones are listed with --all");
  const WorkloadTable all = workload_table(many, true, kNow, 80);
  CHECK(all.blocks.size() == 23);
  CHECK(rendered(all.summary.front(), false) == "22 workloads: 1 waiting, 21 idle");
  many.erase(many.begin());
  CHECK(workload_table(many, false, kNow, 80).blocks.empty());
}

TEST_CASE("an update that was due before the look is due now") {
  SeenWorkload late = waiting("web");
  late.next_update = "2026-12-24T17:59:50.000Z";
  CHECK(text_of(workload_table({late}, false, kNow, 200)).find("  now  ") != std::string::npos);
  late.next_update = "";
  CHECK(text_of(workload_table({late}, false, kNow, 200)).find("  not known  ") !=
        std::string::npos);
}

TEST_CASE("an idle workload of whose references one is absent says so, and is always listed") {
  std::vector<SeenWorkload> many(30, workload("rests", "idle"));
  SeenWorkload watching = workload("web", "idle");
  watching.absent = 1;
  many.push_back(watching);
  const WorkloadTable table = workload_table(many, false, kNow, 200);
  CHECK(table.blocks.size() == 2);
  CHECK(text_of(table).find("web  0      idle, 1 absent\n") != std::string::npos);
  CHECK(rendered(table.summary.front(), false) ==
        "31 workloads: 31 idle; idle ones are listed with --all");
}

TEST_CASE("an idle workload with something absent comes behind what waits or is held") {
  SeenWorkload watching = workload("absent", "idle");
  watching.absent = 1;
  const std::string text = text_of(workload_table(
      {workload("idle", "idle"), watching, workload("held", "held")}, true, kNow, 200));
  CHECK(text.find("held  ") < text.find("absent  "));
  CHECK(text.find("absent  ") < text.find("idle  0"));
}

TEST_CASE("the next update of what is tried again is the one under way") {
  SeenWorkload repeated = waiting("web");
  repeated.state = "updating";
  repeated.next_update = "";
  CHECK(text_of(workload_table({repeated}, false, kNow, 200)).find("  under way  ") !=
        std::string::npos);
}

}  // namespace ebbgate::commands
