#include "controller/commands/names.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/commands/running.h"

using ebbgate::commands::print_names;
using ebbgate::commands::test::Running;

TEST_CASE("names are the keys of all workloads, but for those that nobody could write") {
  Running running;
  for (int index = 0; index < 1500; ++index) {
    running.source.add({"default", "Local", "w" + std::to_string(index)});
  }
  running.source.add({"default", "Local", "a b: 'c'"});
  running.source.add({"default", "Local", "two\nlines"});
  // So many take a while under sanitizers.
  CHECK(print_names(running.url(), running.out, {}) == 0);
  const std::string printed = running.out.str();
  CHECK(std::count(printed.begin(), printed.end(), '\n') == 1501);
  CHECK(printed.starts_with("default/Local/a b: 'c'\n"));
}

TEST_CASE("names are nothing where Ebbgate cannot tell them") {
  Running running;
  running.source.answers = false;
  CHECK(print_names(running.url(), running.out) == 1);
  const std::string url = running.url();
  running.stop();
  CHECK(print_names(url, running.out) == 1);
  CHECK(print_names("no URL", running.out) == 1);
  CHECK(running.out.str().empty());
}
