#include "controller/commands/text_table.h"

#include <doctest/doctest.h>

using namespace ebbgate::commands;

namespace {

std::string text_of(const TextTable& table, std::size_t width, std::size_t indent = 0) {
  std::string text;
  for (const auto& block : table.blocks(width, indent)) {
    for (const Line& line : block) text += rendered(line, false) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("columns are aligned by what a terminal shows, without spaces at a line's end") {
  TextTable table({{"NAME"}, {"X"}, {"Y"}});
  table.add({{"grün"}, {"1"}, {"2"}});
  table.add({{"漢字字"}, {"3"}, {"4"}});
  table.add({{"ae\u0301"}, {"5"}, {"6"}});
  table.add({{"a"}, {""}, {""}});
  CHECK(text_of(table, 80, 1) ==
        " NAME    X  Y\n"
        " grün    1  2\n"
        " 漢字字  3  4\n"
        " ae\u0301      5  6\n"
        " a\n");
}

TEST_CASE("a table that is too wide takes its steps in order, and only as far as it needs") {
  using Kind = Step::Kind;
  TextTable table({{"NAME", Overlong::middle}, {"WHY"}, {"SINCE WHEN"}},
                  {{Kind::retitle, 2, 0, "SINCE"},
                   {Kind::shrink, 1, 4, ""},
                   {Kind::shrink, 0, 6, ""},
                   {Kind::drop, 2, 0, ""}});
  table.add({{"a-long-name"}, {"because"}, {"12s ago"}});
  CHECK(text_of(table, 32) ==
        "NAME         WHY      SINCE WHEN\n"
        "a-long-name  because  12s ago\n");
  CHECK(text_of(table, 29) ==
        "NAME         WHY      SINCE\n"
        "a-long-name  because  12s ago\n");
  CHECK(text_of(table, 27) ==
        "NAME         WHY    SINCE\n"
        "a-long-name  beca…  12s ago\n");
  CHECK(text_of(table, 25) ==
        "NAME        WHY   SINCE\n"
        "a-l…g-name  bec…  12s ago\n");
  CHECK(text_of(table, 20) ==
        "NAME         WHY\n"
        "a-long-name  because\n");
  CHECK(text_of(table, 3) ==
        "NAME    WHY\n"
        "a…name  bec…\n");
}

TEST_CASE("a column that wraps goes on below itself") {
  TextTable table({{"GATE"}, {"WHY", Overlong::wrap}}, {{Step::Kind::shrink, 1, 8, ""}});
  table.add({{"backoff"}, {"level 4 demands it"}});
  table.add({{"hold"}, {"held"}});
  CHECK(text_of(table, 20, 2) ==
        "  GATE     WHY\n"
        "  backoff  level 4\n"
        "           demands\n"
        "           it\n"
        "  hold     held\n");
  CHECK(table.blocks(20, 2)[1].size() == 3);
}
