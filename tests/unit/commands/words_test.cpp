#include "controller/commands/words.h"

#include <doctest/doctest.h>

#include "base/text.h"

using namespace std::chrono_literals;
using namespace ebbgate::commands;
using ebbgate::shell_word;

TEST_CASE("durations are rough: two units, whole seconds") {
  CHECK(rough(0s) == "0s");
  CHECK(rough(8400ms) == "8s");
  CHECK(rough(64s) == "1m4s");
  CHECK(rough(60s) == "1m");
  CHECK(rough(2h + 3s) == "2h");
  CHECK(rough(25h + 59min) == "1d1h");
}

TEST_CASE("times are told from now") {
  const auto now = *ebbgate::parse_time("2026-12-24T18:00:00Z");
  CHECK(from_now("2026-12-24T18:00:08.400Z", now) == "in 8s");
  CHECK(from_now("2026-12-24T17:58:56.000Z", now) == "1m4s ago");
  CHECK(from_now("2026-12-24T18:00:00.200Z", now) == "now");
  CHECK(from_now("soon\n", now) == "soon?");
}

TEST_CASE("what is due is now, however long ago") {
  const auto now = *ebbgate::parse_time("2026-12-24T18:00:00Z");
  CHECK(due("2026-12-24T18:00:08.000Z", now) == "in 8s");
  CHECK(due("2026-12-24T17:00:00.000Z", now) == "now");
}

TEST_CASE("a word of a shell is in quotes where it needs them") {
  CHECK(shell_word("default/Local/web-1.2:3") == "default/Local/web-1.2:3");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("we b") == "'we b'");
  CHECK(shell_word("$(it's)") == "'$(it'\\''s)'");
  CHECK(shell_word("ü") == "'ü'");
}
