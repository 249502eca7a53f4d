#include "base/percent_encoding.h"

#include <doctest/doctest.h>

using ebbgate::percent_decode;
using ebbgate::percent_encode;

TEST_CASE("what is percent-encoded decodes to every byte that it was") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(percent_decode(percent_encode(all)) == all);
  CHECK(percent_encode("a b/ü") == "a%20b%2F%C3%BC");
}

TEST_CASE("a percent sign without two hexadecimal digits is refused") {
  for (const char* text : {"%", "%4", "a%zz", "%4g"}) {
    CAPTURE(text);
    CHECK_FALSE(percent_decode(text).has_value());
  }
}
