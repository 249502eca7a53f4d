#include <doctest/doctest.h>

#include "controller/configuration/effective.h"
#include "controller/configuration/reload_rules.h"
#include "controller/configuration/values.h"
#include "tests/unit/configuration/loading.h"

using namespace std::chrono_literals;
using ebbgate::Settings;
using ebbgate::configuration::effective_yaml;
using ebbgate::configuration::load;
using ebbgate::configuration::LoadResult;
using ebbgate::configuration::mode_text;
using ebbgate::configuration::read_mode;
using ebbgate::configuration::read_owner;
using ebbgate::configuration::read_size;
using ebbgate::configuration::size_text;
using ebbgate::feedback::PeerSettings;
using ebbgate::governor::Jitter;
using ebbgate::testing::errors_of;
using ebbgate::testing::loaded;
using ebbgate::testing::TemporaryFolder;

namespace {

using Peers = std::vector<PeerSettings>;

// The errors of a peer that is valid without `more`.
std::string of_peer(const std::string& more) {
  return errors_of("feedback: [{name: a, socket: /s, " + more + "}]");
}

const std::string kPlace = "ebbgate.yaml:1: feedback[0]";

}  // namespace

TEST_CASE("there are no peers unless some are given") {
  for (const std::string yaml : {"", "feedback:", "feedback: []"}) {
    CHECK(loaded(yaml).feedback.empty());
  }
}

TEST_CASE("a peer needs a name and a socket, and has the defaults otherwise") {
  PeerSettings expected;
  expected.name = "sidecar";
  expected.socket = "/tmp/sidecar.sock";
  CHECK(loaded("feedback: [{name: sidecar, socket: /tmp/sidecar.sock}]").feedback ==
        Peers{expected});
  CHECK(expected.queue == 1000);
  CHECK(expected.reconnect.base == 2s);
}

TEST_CASE("everything about a peer is read, and sections may be given in part") {
  PeerSettings first;
  first.name = "side car";
  first.socket = "/run/a.sock";
  first.queue = 5;
  first.outcomes = true;
  first.dial_timeout = 1s;
  first.write_timeout = 1500ms;
  first.ack_timeout = 1min;
  first.attempts = 1;
  first.max_message = std::size_t{1024} * 1024;
  first.required_owner = "vmaf";
  first.required_mode = 0600;
  first.reconnect = {1s, 1.5, 1h, Jitter::full};
  PeerSettings second;
  second.name = "b";
  second.socket = "/run/b.sock";
  second.ack_timeout = 3s;
  second.max_message = 5000;
  second.required_mode = 04755;
  second.reconnect.max = 5min;
  CHECK(loaded(R"(
feedback:
  - name: side car
    socket: /run/a.sock
    queue: 5
    outcomes: true
    timeouts: {dial: 1s, write: 1500ms, ack: 1m}
    attempts: 1
    max_message: 1MiB
    require: {owner: vmaf, mode: 0600}
    reconnect: {base: 1s, factor: 1.5, max: 1h, jitter: full}
  - name: b
    socket: /run/b.sock
    timeouts: {ack: 3s}
    max_message: 5000
    require: {mode: "4755", owner: ""}
    reconnect: {max: 5m}
)")
            .feedback == Peers{first, second});
}

TEST_CASE("a relative socket begins at the configuration file's folder") {
  const TemporaryFolder folder;
  folder.write("ebbgate.yaml", "feedback: [{name: a, socket: ../run/./a.sock}]");
  const LoadResult result = load({"ebbgate.yaml", {}, {}, folder.path()});
  REQUIRE(result.settings.has_value());
  REQUIRE(result.settings->feedback.size() == 1);
  CHECK(result.settings->feedback[0].socket ==
        (folder.path().parent_path() / "run" / "a.sock").string());
}

TEST_CASE("a peer without a name or a socket, or with empty ones, is an error") {
  CHECK(errors_of("feedback:\n  - {}") ==
        "ebbgate.yaml:2: feedback[0].name: is missing; write a name\n"
        "ebbgate.yaml:2: feedback[0].socket: is missing; name the Unix socket that the peer "
        "listens on");
  CHECK(errors_of("feedback: [{name: \"\", socket: \"\"}]") ==
        kPlace + ".name: is empty; write a name\n" + kPlace +
            ".socket: is empty; name a file or folder");
  CHECK(errors_of("feedback: [{name: a/b, socket: /s}]") ==
        kPlace + ".name: \"a/b\" has a slash; write a name without /");
}

TEST_CASE("what is no list of peers, or no peer, is an error") {
  CHECK(errors_of("feedback: /s") ==
        "ebbgate.yaml:1: feedback: is a single value; write a list, such as [a, b]");
  CHECK(errors_of("feedback: [/s]") ==
        kPlace +
            ": is a single value; write a map with name, socket, queue, outcomes, timeouts, "
            "attempts, max_message, require or reconnect");
  CHECK(of_peer("sockett: /s") ==
        kPlace + ".sockett: is an unknown key; did you mean feedback[0].socket?");
  CHECK(of_peer("timeouts: 5s") ==
        kPlace + ".timeouts: is a single value; write a map with dial, write or ack");
  CHECK(of_peer("timeouts: {read: 5s}") ==
        kPlace + ".timeouts.read: is an unknown key; write one of dial, write or ack");
  CHECK(of_peer("require: {group: a}") ==
        kPlace + ".require.group: is an unknown key; write one of owner or mode");
  CHECK(of_peer("reconnect: {min: 1s}") ==
        kPlace + ".reconnect.min: is an unknown key; write one of base, factor, max or jitter");
}

TEST_CASE("two peers share neither a name nor a socket") {
  CHECK(errors_of("feedback:\n"
                  "  - {name: a, socket: s}\n"
                  "  - {name: a, socket: /t}\n"
                  "  - {name: b, socket: ./x/../s}")
            .find("ebbgate.yaml:3: feedback[1].name: \"a\" is already the peer of line 2; give "
                  "each a name of its own\n"
                  "ebbgate.yaml:4: feedback[2].socket: \"/") == 0);
  CHECK(errors_of("feedback:\n  - {name: a, socket: /s}\n  - {name: b, socket: //s/}") ==
        "ebbgate.yaml:3: feedback[1].socket: \"/s\" is already the socket of line 2; give each "
        "peer one of its own");
}

TEST_CASE("a socket's whole path must fit into an address") {
  const std::string fits = "/" + std::string(106, 'x');
  CHECK(loaded("feedback: [{name: a, socket: " + fits + "}]").feedback[0].socket == fits);
  CHECK(errors_of("feedback: [{name: a, socket: " + fits + "x}]") ==
        kPlace + ".socket: its whole path has 108 bytes; write one of at most 107");
}

TEST_CASE("values of a peer that cannot be are named") {
  CHECK(of_peer("queue: 0") ==
        kPlace + ".queue: \"0\" does not fit; write a whole number from 1 to 1000000");
  CHECK(of_peer("attempts: 0") ==
        kPlace + ".attempts: \"0\" does not fit; write a whole number from 1 to 1000000");
  CHECK(of_peer("outcomes: yes") == kPlace + ".outcomes: \"yes\" is unknown; write false or true");
  const std::string too_short = ": \"0\" is too short; write a duration of more than 0";
  CHECK(of_peer("timeouts: {dial: 0, write: 0, ack: 0}") ==
        kPlace + ".timeouts.dial" + too_short + "\n" + kPlace + ".timeouts.write" + too_short +
            "\n" + kPlace + ".timeouts.ack" + too_short);
  CHECK(of_peer("max_message: 1023") ==
        kPlace + ".max_message: \"1023\" does not fit; write a size from 1KiB to 1MiB");
  CHECK(of_peer("max_message: 2MiB") ==
        kPlace + ".max_message: \"2MiB\" does not fit; write a size from 1KiB to 1MiB");
  CHECK(of_peer("max_message: 64kb") ==
        kPlace +
            ".max_message: \"64kb\" is no size; write bytes, or a number with KiB or MiB, such as "
            "64KiB");
  CHECK(of_peer("require: {mode: 0900}") ==
        kPlace +
            ".require.mode: \"0900\" is no mode; write three or four octal digits, such as 0600");
  CHECK(of_peer("require: {owner: \"a b\"}") ==
        kPlace + ".require.owner: \"a b\" is no user; write a user's name or number");
  CHECK(of_peer("queue:") == kPlace + ".queue: has no value; write one, or remove the key");
}

TEST_CASE("a reconnect backoff that makes no sense is an error that blames what was given") {
  CHECK(of_peer("reconnect: {factor: 1.01}") ==
        kPlace +
            ".reconnect.factor: is 1.01, so small that max is not reached within 64 levels; raise "
            "it, or reconnect.base");
  CHECK(of_peer("reconnect: {factor: 1}").empty());
  CHECK(of_peer("reconnect: {base: 0}") ==
        kPlace + ".reconnect.base: is 0s, but must be more than 0");
  CHECK(of_peer("reconnect: {factor: 0.5}") ==
        kPlace + ".reconnect.factor: is 0.5, but must be a number from 1 to 1000");
  CHECK(of_peer("reconnect: {max: 1s}") ==
        kPlace + ".reconnect.max: is 1s, but must not be less than reconnect.base (2s)");
  CHECK(of_peer("reconnect: {base: 5m}") ==
        kPlace +
            ".reconnect.base: does not fit reconnect.max, which is 2m, but must not be less than "
            "reconnect.base (5m)");
  CHECK(of_peer("reconnect: {jitter: some}") ==
        kPlace + ".reconnect.jitter: \"some\" is unknown; write none, equal or full");
  // What cannot be read is not compared.
  CHECK(of_peer("reconnect: {base: soon, max: 1s}") ==
        kPlace +
            ".reconnect.base: \"soon\" is no duration; write one such as 500ms, 10s, 1m30s or 1h");
  // Retries of updates have nothing to do with it.
  CHECK(loaded("retry: {base: 3m, max: 4m}\nfeedback: [{name: a, socket: /s}]")
            .feedback[0]
            .reconnect.base == 2s);
}

TEST_CASE("all that is wrong with peers is said at once") {
  const std::string errors = errors_of(
      "feedback:\n"
      "  - name: a\n"
      "    queue: 0\n"
      "    reconnect: {max: 1s, jitter: x}\n"
      "  - socket: /s\n"
      "    require: {mode: rw}\n"
      "listen: 1");
  CHECK(std::count(errors.begin(), errors.end(), '\n') == 6);
}

TEST_CASE("sizes are whole numbers of bytes, KiB or MiB") {
  const auto size = [](std::string_view text) {
    std::size_t value = 7;
    return read_size(text, 0, 1'000'000'000, value) ? -1 : static_cast<std::int64_t>(value);
  };
  CHECK(size("0") == 0);
  CHECK(size("4096") == 4096);
  CHECK(size("64KiB") == 65536);
  CHECK(size("3MiB") == 3 * 1024 * 1024);
  for (const char* wrong : {"", "KiB", "64 KiB", "64KB", "64kib", "064KiB", "-1", "+1", "1.5MiB",
                            "1e3", "0x10", "64KiBMiB", "1GiB", "1000000001", "954MiB",
                            "99999999999999999999MiB", "18446744073709551615MiB"}) {
    CAPTURE(wrong);
    CHECK(size(wrong) == -1);
  }
  for (const std::size_t each : {0UL, 1UL, 1023UL, 1024UL, 1025UL, 65536UL, 1048576UL, 1049600UL}) {
    CHECK(size(size_text(each)) == static_cast<std::int64_t>(each));
  }
  CHECK(size_text(65536) == "64KiB");
  CHECK(size_text(1048576) == "1MiB");
  CHECK(size_text(5000) == "5000");
}

TEST_CASE("modes are octal digits, and read back as they are written") {
  std::optional<std::uint32_t> mode;
  for (const std::uint32_t bits : {0U, 0600U, 0660U, 0777U, 04755U, 07777U}) {
    CHECK_FALSE(read_mode(mode_text(bits), mode).has_value());
    CHECK(mode == bits);
  }
  CHECK(mode_text(0600) == "0600");
  CHECK_FALSE(read_mode("600", mode).has_value());
  CHECK(mode == 0600);
  for (const char* wrong :
       {"6", "60", "0o600", "06000", "10000", "8", "0800", "rw-", "-600", " 600", "600 "}) {
    CAPTURE(wrong);
    CHECK(read_mode(wrong, mode).has_value());
    CHECK(mode == 0600);
  }
  CHECK_FALSE(read_mode("", mode).has_value());
  CHECK_FALSE(mode.has_value());
  CHECK(mode_text(mode).empty());
}

TEST_CASE("an owner is a name or a number, whether or not there is such a user") {
  std::string owner;
  for (const char* right : {"", "root", "no-such-user", "user@example.org", "host$", "0", "1000",
                            "4294967294", "99a"}) {
    CAPTURE(right);
    CHECK_FALSE(read_owner(right, owner).has_value());
    CHECK(owner == right);
  }
  for (const char* wrong : {"a b", "a:b", "a/b", "-1", "-a", "a\tb", "4294967295", "4294967296",
                            "99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK(read_owner(wrong, owner).has_value());
    CHECK(owner == "99a");
  }
}

TEST_CASE("peers in force are printed, and read back as the same ones") {
  const Settings settings = loaded(R"(
feedback:
  - {name: "true", socket: "/a b: #c", queue: 1, outcomes: true, attempts: 3}
  - name: é
    socket: /b
    timeouts: {dial: 1500ms}
    max_message: 1025
    require: {owner: "0", mode: 0060}
    reconnect: {base: 1ms, factor: 1, max: 1ms, jitter: equal}
)");
  const std::string printed = effective_yaml(settings);
  CAPTURE(printed);
  CHECK(loaded(printed) == settings);
  CHECK(printed.ends_with(R"(
feedback:
  - name: "true"
    socket: "/a b: #c"
    queue: 1
    outcomes: true
    timeouts: {dial: 5s, write: 2s, ack: 2s}
    attempts: 3
    max_message: 64KiB
    require: {owner: "", mode: ""}
    reconnect: {base: 2s, factor: 2, max: 2m, jitter: none}
  - name: "é"
    socket: "/b"
    queue: 1000
    outcomes: false
    timeouts: {dial: 1s500ms, write: 2s, ack: 2s}
    attempts: 10
    max_message: 1025
    require: {owner: "0", mode: "0060"}
    reconnect: {base: 1ms, factor: 1, max: 1ms, jitter: equal}
)"));
}

TEST_CASE("a reload may change peers in every way") {
  const Settings before =
      loaded("database: /d\nfeedback: [{name: a, socket: /a}, {name: b, socket: /b}]");
  const Settings after = loaded("database: /d\nfeedback: [{name: b, socket: /c, queue: 5}]");
  CHECK(ebbgate::configuration::needs_restart(before, after).empty());
  CHECK_FALSE(before == after);
}
