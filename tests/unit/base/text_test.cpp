#include "base/text.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using ebbgate::Duration;

TEST_CASE("durations are read as Prometheus and Go write them") {
  CHECK(ebbgate::parse_duration("500ms") == Duration(500ms));
  CHECK(ebbgate::parse_duration("1m30s") == Duration(90s));
  CHECK(ebbgate::parse_duration("1.5s") == Duration(1500ms));
  CHECK(ebbgate::parse_duration("1h") == Duration(1h));
  CHECK(ebbgate::parse_duration("0") == Duration(0));
}

TEST_CASE("what is no duration is refused") {
  for (const char* text :
       {"", "5", "s", "5 s", "-1s", "1x", "1e3s", "nan", "99999999999h", "1s "}) {
    CAPTURE(text);
    CHECK_FALSE(ebbgate::parse_duration(text).has_value());
  }
}

TEST_CASE("a duration is written so that it reads back the same") {
  for (const Duration duration : {Duration(0), Duration(1), Duration(90s), Duration(64s),
                                  Duration(1500ms), Duration(25h), Duration(10min)}) {
    CHECK(ebbgate::parse_duration(ebbgate::format_duration(duration)) == duration);
  }
  CHECK(ebbgate::format_duration(90s) == "1m30s");
}

TEST_CASE("times are RFC 3339 in UTC with milliseconds") {
  const auto time = ebbgate::parse_time("2026-12-24T18:00:00Z");
  REQUIRE(time.has_value());
  CHECK(ebbgate::format_time(*time) == "2026-12-24T18:00:00.000Z");
  CHECK(ebbgate::parse_time("2026-12-24T19:30:00.25+01:30") == *time + 250ms);
}

TEST_CASE("what is no time is refused") {
  for (const char* text :
       {"", "2026-12-24", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-12-24T25:00:00Z",
        "2026-12-24T18:00:00", "2026-12-24T18:00:00Zx"}) {
    CAPTURE(text);
    CHECK_FALSE(ebbgate::parse_time(text).has_value());
  }
}
