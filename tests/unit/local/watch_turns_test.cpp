#include <doctest/doctest.h>

#include "controller/local/reading_turns.h"

using namespace ebbgate;
using namespace ebbgate::local;

namespace {

const WorkloadKey kWeb{"default", "Local", "web"};
const WorkloadKey kDb{"default", "Local", "db"};
const WatchEntry kOne{"/one", 1};
const WatchEntry kTwo{"/two", 1};
const WatchEntry kShared{"/shared", 1};

}  // namespace

TEST_CASE("a workload's entries are read one after the other") {
  ReadingTurns turns;
  CHECK(turns.take(kOne, {kWeb}));
  CHECK_FALSE(turns.take(kTwo, {kWeb}));
  CHECK_FALSE(turns.take(kTwo, {kWeb}));
  CHECK(turns.give_back(kOne) == kTwo);
  CHECK_FALSE(turns.take(kOne, {kWeb}));
  CHECK(turns.give_back(kTwo) == kOne);
  CHECK_FALSE(turns.give_back(kOne));
  CHECK(turns.take(kTwo, {kWeb}));
}

TEST_CASE("an entry of two workloads is read while something else hangs for one of them") {
  ReadingTurns turns;
  CHECK(turns.take(kOne, {kWeb}));
  CHECK(turns.take(kShared, {kWeb, kDb}));
  CHECK_FALSE(turns.take(kTwo, {kDb}));
  CHECK(turns.give_back(kShared) == kTwo);
}

TEST_CASE("an entry that waits for two workloads is read once") {
  ReadingTurns turns;
  CHECK(turns.take(kOne, {kWeb}));
  CHECK(turns.take(kTwo, {kDb}));
  CHECK_FALSE(turns.take(kShared, {kWeb, kDb}));
  CHECK(turns.give_back(kTwo) == kShared);
  CHECK_FALSE(turns.give_back(kOne));
  CHECK_FALSE(turns.give_back(kShared));
}

TEST_CASE("an entry that need not be read any more gets no turn") {
  ReadingTurns turns;
  CHECK(turns.take(kOne, {kWeb}));
  CHECK_FALSE(turns.take(kTwo, {kWeb}));
  turns.forget(kTwo);
  CHECK_FALSE(turns.give_back(kOne));
}
