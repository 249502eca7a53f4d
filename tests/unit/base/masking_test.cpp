#include "base/masking.h"

#include <doctest/doctest.h>

namespace ebbgate {

using Words = std::vector<std::string>;

TEST_CASE("URLs are masked in their secret parts only") {
  CHECK(masked_url("http://h:1/a?b=c&d#e") == "http://h:1/a?b=c&d#e");
  CHECK(masked_url("http://u@h/a@b") == "http://********@h/********");
  CHECK(masked_url("http://u:p@q@h") == "http://********@h");
  CHECK(masked_url("http://h/?API_KEY=x&a=b&Signature=y#z") ==
        "http://h/?API_KEY=********&a=b&Signature=********#z");
  CHECK(masked_url("no url") == "no url");
}

TEST_CASE("arguments are masked in their secret parts only") {
  CHECK(masked_command({"nginx", "-s", "reload"}) == Words{"nginx", "-s", "reload"});
  CHECK(masked_command({"x", "--api-key", "a", "b"}) == Words{"x", "--api-key", "********", "b"});
  CHECK(masked_command({"x", "--token", "--verbose"}) == Words{"x", "--token", "--verbose"});
  CHECK(masked_command({"env", "DB_PASSWORD=a", "B=c"}) ==
        Words{"env", "DB_PASSWORD=********", "B=c"});
}

TEST_CASE("of a URL's path only plain words are shown, up to what may be a secret") {
  for (const char* open : {"", "/", "/-/reload", "/api/v1/config_maps", "/healthz", "/a.b-c/d/"}) {
    CHECK(masked_path(open) == open);
  }
  CHECK(masked_path("/services/T000/B000/XXXX") == "/services/********");
  CHECK(masked_path("/hooks/8f3a9c1d") == "/hooks/********");
  CHECK(masked_path("/hook/topsecret/x") == "/hook/********");
  CHECK(masked_path("/a%2Fb") == "/********");
  CHECK(masked_path("/abcdefghijklmnopqrst") == "/********");
  CHECK(masked_url("https://h:1/services/T0/B0/XX?x=1") ==
        "https://h:1/services/********?x=********");
  CHECK(masked_url("/login?next=T000") == "/login?next=********");
}

TEST_CASE("a name that sounds secret has such a word, and not just its letters") {
  for (const char* name : {"--api-key", "X-ApiKey", "SSHKEY", "sig", "X-Auth", "db_password"}) {
    CAPTURE(name);
    CHECK(sounds_secret(name));
  }
  for (const char* name : {"--signal", "design", "keyspace", "author", "compass", "-s", ""}) {
    CAPTURE(name);
    CHECK_FALSE(sounds_secret(name));
  }
}

TEST_CASE("in a script what is assigned to secret names is masked, and what URLs hold") {
  const auto masked = [](const char* script) { return masked_command({"sh", "-c", script}).at(2); };
  CHECK(masked("a=b; PASSWORD=x1y2 run && exit 1") == "a=b; PASSWORD=******** run && exit 1");
  CHECK(masked("cd x; API_KEY=\"a b\" run --token=$TOKEN") ==
        "cd x; API_KEY=\"********\" run --token=$TOKEN");
  CHECK(masked("curl -H 'Authorization: Bearer a b' http://u:p@h/services/T000/X -d x") ==
        "curl -H 'Authorization: ********' http://********@h/services/******** -d x");
  CHECK(masked("kill -HUP $(cat /run/a.pid); exit 3") == "kill -HUP $(cat /run/a.pid); exit 3");
  CHECK(secrets_of({"sh", "-c", "echo; PASSWORD=x1y2 run"}) == Words{"x1y2"});
  CHECK(secrets_of({"sh", "-c", "PASSWORD=x1y2 run"}) == Words{"x1y2", "x1y2 run"});
}

TEST_CASE("what is masked in a command is known as its secrets") {
  const Words command = {"curl",
                         "-u",
                         "me:s3cret",
                         "-H",
                         "Authorization: Bearer x",
                         "--token",
                         "t0ken",
                         "--url=https://h/services/T000/XXXX"};
  CHECK(masked_command(command) == Words{"curl", "-u", "me:********", "-H",
                                         "Authorization:********", "--token", "********",
                                         "--url=https://h/services/********"});
  CHECK(secrets_of(command) ==
        Words{"me:s3cret", "Bearer x", "Bearer x", "t0ken", "T000/XXXX", "T000", "XXXX"});
  CHECK(secrets_of({"nginx", "-s", "reload"}).empty());
}

}  // namespace ebbgate
