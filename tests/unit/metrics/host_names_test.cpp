#include "metrics/host_names.h"

#include <doctest/doctest.h>

namespace ebbgate::metrics {

TEST_CASE("addresses and localhost are names of every server, on whatever port") {
  const HostNames none({});
  for (const char* host : {"127.0.0.1", "127.0.0.1:9911", "10.1.2.3:80", "0.0.0.0", "[::1]",
                           "[::1]:9911", "[fe80::1%eth0]:9911", "localhost", "localhost:1",
                           "LocalHost", "localhost.", "localhost:"}) {
    CAPTURE(host);
    CHECK(none.include(host));
  }
}

TEST_CASE("a name that was not given is none, however it is written") {
  const HostNames none({});
  for (const char* host : {"evil.example",
                           "evil.example:9911",
                           "localhost.evil.example",
                           "127.0.0.1.evil.example",
                           "evil-localhost",
                           "localhost..",
                           "1.2.3",
                           "1.2.3.4.5",
                           "2130706433",
                           "0x7f.1",
                           "::1",
                           "[::1",
                           "[evil]",
                           "[127.0.0.1]",
                           "[::1]x",
                           "[::1]:x",
                           "localhost:9911x",
                           "localhost:-1",
                           "localhost@evil.example",
                           "user@localhost",
                           "localhost,evil.example",
                           "localhost evil",
                           "localhost/",
                           "http://localhost",
                           "",
                           ".",
                           ":",
                           ":9911",
                           "[]"}) {
    CAPTURE(host);
    CHECK_FALSE(none.include(host));
  }
}

TEST_CASE("names that were given count in upper and lower case, with a dot at the end or without") {
  const HostNames names({"Ebbgate.Example.org.", "box", ""});
  for (const char* host : {"ebbgate.example.org", "EBBGATE.example.org.:9911", "box:80", "BOX"}) {
    CAPTURE(host);
    CHECK(names.include(host));
  }
  for (const char* host : {"example.org", "a.ebbgate.example.org", "ebbgate", "box.example.org"}) {
    CAPTURE(host);
    CHECK_FALSE(names.include(host));
  }
}

TEST_CASE("a host is known by its short name, too") {
  const HostNames names(with_short_form("box.example.org"));
  CHECK(names.include("box.example.org"));
  CHECK(names.include("box"));
  CHECK_FALSE(names.include("example.org"));
  CHECK(HostNames(with_short_form("box")).include("box"));
  CHECK_FALSE(HostNames(with_short_form("")).include(""));
}

}  // namespace ebbgate::metrics
