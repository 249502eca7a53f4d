#include "controller/commands/display.h"

#include <map>

#include <doctest/doctest.h>

using namespace ebbgate::commands;

namespace {

Display display_with(const std::map<std::string, std::string>& environment,
                     const WindowSize& window = {100, 50}) {
  return terminal_display(window, [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

}  // namespace

TEST_CASE("what is no terminal gets plain text of any width") {
  const Display display;
  CHECK_FALSE(display.terminal);
  CHECK_FALSE(display.colour);
  CHECK_FALSE(display.repaint);
  CHECK(display.width == kAnyWidth);
}

TEST_CASE("a terminal is coloured and repainted, within its window") {
  const Display display = display_with({{"TERM", "xterm"}});
  CHECK(display.terminal);
  CHECK(display.colour);
  CHECK(display.repaint);
  CHECK(display.width == 100);
  CHECK(display.height == 50);
}

TEST_CASE("NO_COLOR takes the colour if it is not empty, and nothing else") {
  CHECK(display_with({{"TERM", "xterm"}, {"NO_COLOR", ""}}).colour);
  const Display display = display_with({{"TERM", "xterm"}, {"NO_COLOR", "0"}});
  CHECK_FALSE(display.colour);
  CHECK(display.repaint);
}

TEST_CASE("a terminal that is dumb or not known gets plain text") {
  for (const Display& display : {display_with({{"TERM", "dumb"}}), display_with({})}) {
    CHECK(display.terminal);
    CHECK_FALSE(display.colour);
    CHECK_FALSE(display.repaint);
    CHECK(display.width == 100);
  }
}

TEST_CASE("a window that does not tell its size has that of the environment, or the usual one") {
  const Display told = display_with({{"COLUMNS", "120"}, {"LINES", "30"}}, {});
  CHECK(told.width == 120);
  CHECK(told.height == 30);
  for (const char* wrong : {"", "0", "-1", "wide", "80x"}) {
    CAPTURE(wrong);
    const Display usual = display_with({{"COLUMNS", wrong}, {"LINES", wrong}}, {});
    CHECK(usual.width == 80);
    CHECK(usual.height == 24);
  }
}
