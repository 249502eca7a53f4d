#include "controller/commands/api_address.h"

#include <doctest/doctest.h>

#include "controller/commands/api_client.h"

namespace ebbgate::commands {

TEST_CASE("a URL of ebbgate falls into its parts") {
  const auto plain = parse_api_address("http://127.0.0.1:9911");
  REQUIRE(plain);
  CHECK_FALSE(plain->secure);
  CHECK(plain->host == "127.0.0.1");
  CHECK(plain->port == 9911);
  CHECK(plain->prefix.empty());
  CHECK_FALSE(plain->has_user);
  const auto all = parse_api_address("https://me:se%40cret@[::1]/proxy/ebbgate//");
  REQUIRE(all);
  CHECK(all->secure);
  CHECK(all->host == "::1");
  CHECK(all->port == 443);
  CHECK(all->authority == "[::1]");
  CHECK(all->prefix == "/proxy/ebbgate");
  CHECK(all->user == "me");
  CHECK(all->password == "se@cret");
  CHECK(all->text() == "https://[::1]/proxy/ebbgate");
}

TEST_CASE("what is no URL of ebbgate is none") {
  for (const char* text :
       {"", "a", "ftp://a", "http://", "http://:1", "http://a:", "http://a:0", "http://a:65536",
        "http://a:1x", "http://a:b:c", "http://a b", "http://a?b", "http://a/#b", "http://[::1",
        "http://[::1]x", "http://a%zz@b", "http://a\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_api_address(text));
  }
}

TEST_CASE("no password is shown, whatever the URL is") {
  CHECK(without_password("http://me:secret@host:1/a@b") == "http://host:1/a@b");
  CHECK(without_password("https://me:sec@ret@host") == "https://host");
  CHECK(without_password("http://host:1/a@b") == "http://host:1/a@b");
  CHECK(without_password("nonsense") == "nonsense");
}

}  // namespace ebbgate::commands
