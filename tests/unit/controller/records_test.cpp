#include "controller/records.h"

#include <doctest/doctest.h>

namespace ebbgate {
namespace {

using namespace std::chrono_literals;

const WorkloadKey kKey{"default", "Local", "web"};
const Instant kNow{BootTime(100s), WallTime(1000h)};

TEST_CASE("A memory that was written to a row is read back as it was") {
  governor::Memory memory;
  memory.level = 5;
  memory.answered_at = BootTime(3s);
  memory.forgive_not_before = BootTime(700s);
  memory.applied = sha256("x");
  memory.in_flight = true;
  memory.tried = sha256("y");
  memory.repeats = 4;
  memory.failing = governor::Failing{kNow.boot - 7s, 5, FailureCause::http_status};
  memory.pending_since = kNow.boot - 9s;
  for (const auto rollout :
       {governor::Rollout::ready, governor::Rollout::unfinished, governor::Rollout::failed}) {
    memory.rollout = rollout;
    storage::WorkloadRow row;
    update_row(row, memory);
    update_row_times(row, memory, kNow);
    CHECK(memory_of(row, kNow) == memory);
  }
}

TEST_CASE("What is stored by the wall clock goes on over a boot, and never lies ahead") {
  governor::Memory memory;
  memory.failing = governor::Failing{kNow.boot, 1, std::nullopt};
  memory.pending_since = kNow.boot;
  storage::WorkloadRow row;
  update_row(row, memory);
  update_row_times(row, memory, kNow);
  const governor::Memory later = memory_of(row, {BootTime(1s), kNow.wall + 60s});
  CHECK(later.failing->since == BootTime(-59s));
  CHECK(later.pending_since == BootTime(-59s));
  const governor::Memory jumped = memory_of(row, {BootTime(1s), kNow.wall - 60s});
  CHECK(jumped.failing->since == BootTime(1s));
}

TEST_CASE("References are kept with their version, and go where what was applied is unknown") {
  const std::vector<Reference> references{{"a", sha256("1")}, {"b", sha256("2")}};
  storage::WorkloadRow row;
  set_references(row, references);
  CHECK(references_of(row) == references);
  CHECK(row.references_version == kReferencesVersion);
  update_row(row, {});
  CHECK(row.references.empty());
}

TEST_CASE("The history tells of a wait with its gate and until when") {
  governor::Decision decision;
  decision.action = governor::Action::wait;
  decision.gate = governor::Gate::backoff;
  decision.until = BootTime(160s);
  decision.at = kNow.boot;
  const auto entry = history_entry(decision, kKey, kNow, "");
  REQUIRE(entry);
  CHECK(entry->kind == storage::HistoryKind::wait);
  CHECK(entry->detail.rfind("backoff until ", 0) == 0);
  CHECK(entry->at == kNow.wall);
}

TEST_CASE("The history tells each outcome, and the next try of a refused one") {
  governor::Decision decision;
  decision.action = governor::Action::answer;
  decision.outcome = Outcome::refused;
  decision.until = BootTime(101s);
  const auto refused = history_entry(decision, kKey, kNow, "connection refused");
  REQUIRE(refused);
  CHECK(refused->kind == storage::HistoryKind::refused);
  CHECK(refused->detail.rfind("connection refused; next try at ", 0) == 0);
  decision.until.reset();
  decision.outcome = Outcome::unknown;
  CHECK(history_entry(decision, kKey, kNow, "")->kind == storage::HistoryKind::unknown);
  decision.outcome = Outcome::applied;
  CHECK(history_entry(decision, kKey, kNow, "")->kind == storage::HistoryKind::applied);
}

TEST_CASE("The history leaves out what nobody would read") {
  for (const auto action :
       {governor::Action::begin, governor::Action::coalesce, governor::Action::forget}) {
    governor::Decision decision;
    decision.action = action;
    CHECK_FALSE(history_entry(decision, kKey, kNow, "").has_value());
  }
}

TEST_CASE("A moment on the boot clock has its place on the wall clock") {
  CHECK(wall_time(kNow, BootTime(101s)) == kNow.wall + 1s);
  CHECK(wall_time(kNow, BootTime(40s)) == kNow.wall - 60s);
}

}  // namespace
}  // namespace ebbgate
