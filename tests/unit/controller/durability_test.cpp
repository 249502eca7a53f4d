#include "controller/durability.h"

#include <doctest/doctest.h>

namespace ebbgate {
namespace {

using namespace std::chrono_literals;

BootTime at(Duration time) {
  return BootTime(time);
}

TEST_CASE("A commit frees what was submitted up to it, in order") {
  Durability durability;
  for (const storage::Sequence sequence : {1U, 2U, 3U}) {
    durability.submitted(sequence, at(0s));
    durability.wait_for({sequence, 0, sequence * 10});
  }
  const auto freed = durability.committed(2, at(10ms));
  REQUIRE(freed.size() == 2);
  CHECK(freed[0].attempt == 10);
  CHECK(freed[1].attempt == 20);
  CHECK(durability.committed(3, at(20ms)).size() == 1);
}

TEST_CASE("A commit without an answer for a second makes the store degraded") {
  Durability durability;
  durability.submitted(1, at(5s));
  CHECK(durability.next_turn() == at(6s));
  CHECK_FALSE(durability.turn(at(5999ms)));
  CHECK_FALSE(durability.degraded());
  // Nothing waits, so nobody needs the mark.
  CHECK_FALSE(durability.turn(at(6s)));
  CHECK(durability.degraded());
  CHECK_FALSE(durability.reason().empty());
}

TEST_CASE("A mark covers only what was submitted before it was asked for") {
  Durability durability;
  durability.submitted(1, at(0s));
  durability.wait_for({1, 0, 10});
  durability.commit_failed("disk full");
  CHECK(durability.turn(at(0s)));
  CHECK_FALSE(durability.turn(at(0s)));
  durability.submitted(2, at(0s));
  durability.wait_for({2, 0, 20});
  const auto freed = durability.marked_lost(true, at(100ms));
  REQUIRE(freed.size() == 1);
  CHECK(freed[0].attempt == 10);
  CHECK(durability.turn(at(100ms)));
}

TEST_CASE("A mark that could not be set is asked for again after a second") {
  Durability durability;
  durability.submitted(1, at(0s));
  durability.wait_for({1, 0, 10});
  durability.commit_failed("disk full");
  CHECK(durability.turn(at(0s)));
  CHECK(durability.marked_lost(false, at(2s)).empty());
  CHECK(durability.next_turn() == at(3s));
  CHECK_FALSE(durability.turn(at(2999ms)));
  CHECK(durability.turn(at(3s)));
}

TEST_CASE("A good commit ends being degraded, unless a later one has been waiting too long") {
  Durability durability;
  durability.submitted(1, at(0s));
  durability.submitted(2, at(500ms));
  durability.commit_failed("disk full");
  durability.committed(1, at(1600ms));
  CHECK(durability.degraded());
  durability.committed(2, at(1700ms));
  CHECK_FALSE(durability.degraded());
  CHECK(durability.reason().empty());
  CHECK_FALSE(durability.next_turn().has_value());
}

TEST_CASE("The answer to a mark that nobody waits for frees nothing") {
  Durability durability;
  CHECK(durability.marked_lost(true, at(0s)).empty());
}

}  // namespace
}  // namespace ebbgate
