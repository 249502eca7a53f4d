#include "controller/commands/text_table.h"

#include <sstream>

#include <doctest/doctest.h>

using ebbgate::commands::TextTable;

TEST_CASE("columns are aligned by characters, not bytes, without spaces at a line's end") {
  TextTable table({"NAME", "X", "Y"});
  table.add({"grün", "1", "2"});
  table.add({"a", "", ""});
  std::ostringstream out;
  table.write(out, 80, 0, 1);
  CHECK(out.str() == " NAME  X  Y\n grün  1  2\n a\n");
}

TEST_CASE("a table that is too wide shortens one column down to its header, and no other") {
  TextTable table({"NAME", "WHY", "Z"});
  table.add({"a-long-name", "because", "z"});
  std::ostringstream narrow;
  table.write(narrow, 20, 1);
  CHECK(narrow.str() == "NAME         WHY   Z\na-long-name  bec…  z\n");
  std::ostringstream narrower;
  table.write(narrower, 5, 1);
  CHECK(narrower.str() == "NAME         WHY  Z\na-long-name  be…  z\n");
}
