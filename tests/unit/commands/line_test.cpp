#include "controller/commands/line.h"

#include <doctest/doctest.h>

using namespace ebbgate::commands;

TEST_CASE("a line is coloured piece by piece where colour is wanted, and ends without") {
  const Line line{{"web", Tone::strong}, {"  "}, {"held", Tone::waiting}, {" now"}, {"   "}};
  CHECK(rendered(line, false) == "web  held now");
  CHECK(rendered(line, true) == "\x1b[1mweb\x1b[0m  \x1b[33mheld\x1b[0m now");
}

TEST_CASE("a line that is too wide is cut across its pieces") {
  const Line line{{"web"}, {" is "}, {"held", Tone::waiting}};
  CHECK(rendered(clipped(line, 11), false) == "web is held");
  CHECK(rendered(clipped(line, 9), false) == "web is h…");
  CHECK(rendered(clipped(line, 7), false) == "web is…");
  CHECK(rendered(clipped(line, 3), false) == "we…");
  for (std::size_t width = 0; width < 12; ++width) CHECK(width_of(clipped(line, width)) <= width);
}

TEST_CASE("a paragraph goes on below its own text") {
  const std::vector<Line> lines =
      paragraph({"problem: "}, "it is too long for one line", Tone::bad, 30);
  REQUIRE(lines.size() == 2);
  CHECK(rendered(lines[0], false) == "problem: it is too long for");
  CHECK(rendered(lines[1], true) == "         \x1b[31mone line\x1b[0m");
}
