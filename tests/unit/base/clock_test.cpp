#include "base/clock.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using ebbgate::BootTime;
using ebbgate::Instant;
using ebbgate::WallAnchor;
using ebbgate::WallTime;

TEST_CASE("a moment has the same wall time however often, and when, it is asked for") {
  WallAnchor anchor(Instant{BootTime(10s), WallTime(1000s)});
  const WallTime first = anchor.at(BootTime(20s));
  CHECK(first == WallTime(1010s));
  // Wall time is read in whole milliseconds, a little after the boot clock.
  anchor.follow(Instant{BootTime(11s + 999us), WallTime(1001s)});
  CHECK(anchor.at(BootTime(20s)) == first);
}

TEST_CASE("a jump of the wall clock moves what people are told") {
  WallAnchor anchor(Instant{BootTime(10s), WallTime(1000s)});
  anchor.follow(Instant{BootTime(11s), WallTime(4601s)});
  CHECK(anchor.at(BootTime(20s)) == WallTime(4610s));
}

TEST_CASE("the boot clock and the wall clock are those of the machine") {
  const Instant before = ebbgate::SystemClock().now();
  const Instant after = ebbgate::SystemClock().now();
  CHECK(after.boot >= before.boot);
  CHECK(before.boot > BootTime());
  CHECK(before.wall > WallTime(std::chrono::hours(24 * 365 * 50)));
}
