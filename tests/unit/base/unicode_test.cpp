#include "base/unicode.h"

#include <doctest/doctest.h>

using namespace ebbgate;

TEST_CASE("control characters are not shown, and letters are") {
  CHECK(printable("a\x1b[1m\tü\x7F€") == "a?[1m?ü?€");
  CHECK(printable("\xC2\x9B"
                  "31m") == "?31m");
  CHECK(printable("\xC2\xA0") == "\xC2\xA0");
  CHECK(printable("漢字 e\u0301 😀") == "漢字 e\u0301 😀");
}

TEST_CASE("what ends a line or turns it around is not shown, nor is what is no UTF-8") {
  CHECK(printable("a\u202Eb\u2066c\u200Fd\u2028e") == "a?b?c?d?e");
  CHECK(printable("a\xFF"
                  "b\xC3") == "a?b?");
  CHECK(printable("\xE6\xBC") == "??");
  CHECK(printable("\xC0\xAF") == "??");            // a slash in too many bytes
  CHECK(printable("\xED\xA0\x80") == "???");       // a surrogate
  CHECK(printable("\xF4\x90\x80\x80") == "????");  // beyond the last character
}

TEST_CASE("what nobody sees is shown as something, so that two names never look the same") {
  for (const char* hidden : {"\u00AD", "\u034F", "\u061C", "\u115F", "\u17B4", "\u180E", "\u200B",
                             "\u200D", "\u2060", "\u206F", "\u3164", "\uFEFF", "\uFFA0", "\uFFF9",
                             "\U0001D173", "\U000E0001", "\U000E0041"}) {
    CAPTURE(hidden);
    CHECK(printable(std::string("web") + hidden) == "web?");
  }
  CHECK(printable("❤\uFE0F ü") == "❤\uFE0F ü");
}

TEST_CASE("escaping loses nothing: each byte of what is harmful is told") {
  CHECK(hex_escaped("\x1b[31mred\a\n") == "\\x1b[31mred\\x07\\x0a");
  CHECK(hex_escaped("a\tb Grüße €") == "a\tb Grüße €");
  CHECK(hex_escaped("\xff\xc0\xaf cut \xe2\x82") == "\\xff\\xc0\\xaf cut \\xe2\\x82");
  CHECK(hex_escaped("a\u202Eb\u2066") == "a\\xe2\\x80\\xaeb\\xe2\\x81\\xa6");
}

TEST_CASE("what is cut short stays within its bytes, says so and tears no character") {
  CHECK(first_bytes("as long", 7) == "as long");
  CHECK(first_bytes("too long", 7) == "too …");
  CHECK(first_bytes("aü😀long", 8) == "aü…");
  CHECK(first_bytes("too long", 1) == "…");
  CHECK(last_bytes("as long", 7) == "as long");
  CHECK(last_bytes("too long", 7) == "…long");
  CHECK(last_bytes("long😀ü", 8) == "…ü");
}
