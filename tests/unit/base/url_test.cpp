#include "base/url.h"

#include <doctest/doctest.h>

namespace ebbgate {

TEST_CASE("A URL falls into its parts, each as it was written") {
  const Url url = std::get<Url>(parse_url("https://me:p@ss@[fe80::1]:8080/a/b?c=/d?e#f?g"));
  CHECK(url.secure);
  CHECK(url.has_user);
  CHECK(url.user_info == "me:p@ss");
  CHECK(url.host == "fe80::1");
  CHECK(url.port == 8080);
  CHECK(url.authority == "[fe80::1]:8080");
  CHECK(url.path == "/a/b");
  CHECK(url.query == "?c=/d?e");
  CHECK(url.fragment == "#f?g");
  const Url plain = std::get<Url>(parse_url("http://web"));
  CHECK_FALSE(plain.secure);
  CHECK_FALSE(plain.has_user);
  CHECK(plain.port == 80);
  CHECK(plain.path.empty());
  CHECK(std::get<Url>(parse_url("https://web")).port == 443);
}

TEST_CASE("What is no URL is told why") {
  const auto fault = [](const char* text) { return std::get<UrlFault>(parse_url(text)); };
  for (const char* text : {"", "web", "ftp://web", "HTTP://web", "http:/web"}) {
    CAPTURE(text);
    CHECK(fault(text) == UrlFault::scheme);
  }
  for (const char* text : {"http://a b", "http://a/\n", "http://a\x7f"}) {
    CHECK(fault(text) == UrlFault::character);
  }
  for (const char* text : {"http://", "http://:1", "http:///a", "http://me@", "http://a]"}) {
    CAPTURE(text);
    CHECK(fault(text) == UrlFault::host);
  }
  for (const char* text : {"http://a:", "http://a:0", "http://a:65536", "http://a:1x",
                           "http://a:b:c", "http://[::1]x", "http://a:-1"}) {
    CAPTURE(text);
    CHECK(fault(text) == UrlFault::port);
  }
  CHECK(fault("http://[::1") == UrlFault::bracket);
}

}  // namespace ebbgate
