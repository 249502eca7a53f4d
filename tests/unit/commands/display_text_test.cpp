#include "controller/commands/display_text.h"

#include <doctest/doctest.h>

using namespace ebbgate::commands;

TEST_CASE("widths are a terminal's: two columns for wide characters, none for combining ones") {
  CHECK(width_of("") == 0);
  CHECK(width_of("grün") == 4);
  CHECK(width_of("漢字") == 4);
  CHECK(width_of("e\u0301") == 1);
  CHECK(width_of("😀") == 2);
  CHECK(width_of("한글") == 4);
  CHECK(width_of("…") == 1);
}

TEST_CASE("an emoji that the C library does not know yet takes as much as it may") {
  CHECK(width_of("\U0001FAEF") == 2);
}

TEST_CASE("text is shortened at its end, names in their middle, never within a character") {
  CHECK(shortened("because", 7) == "because");
  CHECK(shortened("because", 4) == "bec…");
  CHECK(shortened("because", 1) == "…");
  CHECK(shortened("because", 0) == "");
  CHECK(shortened("漢字漢字", 6) == "漢字…");
  CHECK(shortened("漢字漢字", 5) == "漢字…");
  CHECK(shortened("漢字漢字", 4) == "漢…");
  CHECK(shortened("ae\u0301e\u0301e\u0301", 3) == "ae\u0301…");
  CHECK(shortened_in_the_middle("default/Deployment/frontend", 27) ==
        "default/Deployment/frontend");
  CHECK(shortened_in_the_middle("default/Deployment/frontend", 19) == "defaul…ent/frontend");
  CHECK(shortened_in_the_middle("漢字漢字漢字", 8) == "漢…漢字");
  CHECK(shortened_in_the_middle("xxxxxxxxe\u0301", 3) == "…xe\u0301");
}

TEST_CASE("a shortened text is never wider than asked for") {
  const std::string text = "a漢e\u0301字😀b\u0308한-글/name";
  for (std::size_t width = 0; width < 25; ++width) {
    CAPTURE(width);
    CHECK(width_of(shortened(text, width)) <= width);
    CHECK(width_of(shortened_in_the_middle(text, width)) <= width);
  }
}

TEST_CASE("text is wrapped at spaces, and long words within; nothing is lost") {
  CHECK(wrapped("one two three", 80) == std::vector<std::string>{"one two three"});
  CHECK(wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("a /very/long/path b", 6) ==
        std::vector<std::string>{"a", "/very/", "long/p", "ath b"});
  CHECK(wrapped("漢字漢字", 5) == std::vector<std::string>{"漢字", "漢字"});
  CHECK(wrapped("", 5) == std::vector<std::string>{""});
  CHECK(wrapped("漢", 0) == std::vector<std::string>{"漢"});
}
