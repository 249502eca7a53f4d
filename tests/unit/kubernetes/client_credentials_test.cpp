#include <signal.h>

#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "controller/kubernetes/exec_plugin.h"
#include "controller/kubernetes/file_credentials.h"
#include "controller/kubernetes/run_program.h"
#include "tests/unit/kubernetes/client_folder.h"
#include "tests/unit/kubernetes/client_support.h"

namespace ebbgate::kubernetes::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const std::string kVersion1 = "client.authentication.k8s.io/v1";

Credential get(CredentialSource& source) {
  return source.get(net::Waiter(), BootClock::now() + minutes(1));
}

TEST_CASE("A token's file is read again after a minute, and when the token was not accepted") {
  const Folder folder;
  ManualClock clock;
  CredentialFiles files;
  files.token_file = folder.write("token", "first\n");
  FileCredentials credentials(files, clock);
  CHECK(get(credentials).token == "first");
  folder.write("token", "second");
  clock.advance(seconds(59));
  CHECK(get(credentials).token == "first");
  clock.advance(seconds(1));
  CHECK(get(credentials).token == "second");
  folder.write("token", "third");
  credentials.rejected(get(credentials));
  CHECK(get(credentials).token == "third");
  SUBCASE("and goes on serving while its file is away") {
    std::filesystem::remove(files.token_file);
    clock.advance(minutes(2));
    CHECK(get(credentials).token == "third");
    CHECK(get(credentials).error == "");
  }
}

TEST_CASE("A token that was not accepted for somebody else is not read again for it") {
  const Folder folder;
  ManualClock clock;
  CredentialFiles files;
  files.token_file = folder.write("token", "first");
  FileCredentials credentials(files, clock);
  const Credential old = get(credentials);
  folder.write("token", "second");
  credentials.rejected(old);
  CHECK(get(credentials).token == "second");
  folder.write("token", "third");
  credentials.rejected(old);
  CHECK(get(credentials).token == "second");
}

TEST_CASE("Credentials that cannot be read, or are none, are said") {
  const Folder folder;
  ManualClock clock;
  CredentialFiles files;
  files.token_file = folder.path("none");
  CHECK(contains(get(*std::make_unique<FileCredentials>(files, clock)).error, "No such file"));
  files.token_file = folder.write("empty", "\n");
  CHECK(contains(get(*std::make_unique<FileCredentials>(files, clock)).error, "is empty"));
  files.token_file = folder.write("evil", "a\r\nX-Header: b");
  const Credential evil = get(*std::make_unique<FileCredentials>(files, clock));
  CHECK(contains(evil.error, "control character"));
  CHECK_FALSE(contains(evil.error, "X-Header"));
}

TEST_CASE("Client certificates are read again, and stay the same object while they are the same") {
  const Folder folder;
  ManualClock clock;
  CredentialFiles files;
  files.certificate_file = folder.write("c", "one");
  files.key_pem = "key";
  FileCredentials credentials(files, clock);
  const auto first = get(credentials).certificate;
  clock.advance(minutes(2));
  CHECK(get(credentials).certificate == first);
  folder.write("c", "two");
  clock.advance(minutes(2));
  CHECK(get(credentials).certificate->certificate_pem == "two");
}

std::string printed(const std::string& status) {
  return "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" + kVersion1 + "\",\"status\":{" +
         status + "}}'\n";
}

ExecPlugin plugin(const std::string& command) {
  ExecPlugin result;
  result.api_version = kVersion1;
  result.command = command;
  return result;
}

TEST_CASE("A plugin is asked once, and again when its token was not accepted") {
  const Folder folder;
  ManualClock clock;
  const std::string command = folder.write_program(
      "plugin", "echo x >> \"$0.calls\"\n" + printed(R"("token":"'$(wc -l < "$0.calls")'")"));
  ExecCredentials credentials(plugin(command), clock);
  const Credential first = get(credentials);
  CHECK(first.error == "");
  CHECK(first.token == "1");
  clock.advance(minutes(600));
  CHECK(get(credentials).token == "1");
  credentials.rejected(first);
  CHECK(get(credentials).token == "2");
  credentials.rejected(first);
  CHECK(get(credentials).token == "2");
}

TEST_CASE("A plugin is asked again shortly before its token expires") {
  const Folder folder;
  ManualClock clock;
  // Ten minutes after the clock's time.
  const std::string command = folder.write_program(
      "plugin", "echo x >> \"$0.calls\"\n" +
                    printed(R"("token":"'$(wc -l < "$0.calls")'","expirationTimestamp":)"
                            R"("2027-01-15T08:10:00Z")"));
  ExecCredentials credentials(plugin(command), clock);
  CHECK(get(credentials).token == "1");
  clock.advance(minutes(9));
  CHECK(get(credentials).token == "1");
  clock.advance(seconds(31));
  CHECK(get(credentials).token == "2");
}

TEST_CASE("A plugin gets its arguments, its environment and what it is asked for") {
  const Folder folder;
  ManualClock clock;
  ExecPlugin asked = plugin(folder.write_program(
      "plugin",
      "echo \"$1 $2 $EXTRA\" > \"$0.said\"\necho \"$KUBERNETES_EXEC_INFO\" > \"$0.info\"\n" +
          printed(R"("clientCertificateData":"c","clientKeyData":"k")")));
  asked.arguments = {"get", "two words"};
  asked.environment = {{"EXTRA", "more"}};
  asked.provide_cluster_info = true;
  asked.server = "https://k.test";
  asked.ca_pem = "ca";
  ExecCredentials credentials(asked, clock);
  const Credential given = get(credentials);
  REQUIRE(given.certificate);
  CHECK(given.certificate->key_pem == "k");
  CHECK(folder.read("plugin.said") == "get two words more\n");
  const std::string info = folder.read("plugin.info");
  CHECK(contains(info, R"("interactive":false)"));
  CHECK(contains(info, R"("server":"https://k.test")"));
  CHECK(contains(info, R"("certificate-authority-data":"Y2E=")"));
}

TEST_CASE("A plugin that fails says why, and is not asked again at once") {
  const Folder folder;
  ManualClock clock;
  const std::string command =
      folder.write_program("plugin", "echo x >> \"$0.calls\"\necho 'login first' >&2\nexit 3\n");
  ExecPlugin asked = plugin(command);
  asked.install_hint = "install it so";
  ExecCredentials credentials(asked, clock);
  const std::string error = get(credentials).error;
  CHECK(contains(error, "ended with status 3: login first"));
  CHECK(contains(error, "install it so"));
  CHECK(get(credentials).error == error);
  CHECK(folder.read("plugin.calls") == "x\n");
  clock.advance(ExecCredentials::kPauseAfterFailure);
  get(credentials);
  CHECK(folder.read("plugin.calls") == "x\nx\n");
}

TEST_CASE("What a plugin prints must be what was asked for") {
  const ExecPlugin asked = plugin("plugin");
  const auto error_of = [&](const std::string& output) {
    auto parsed = parse_exec_credential(asked, output);
    return std::holds_alternative<std::string>(parsed) ? std::get<std::string>(parsed) : "";
  };
  const auto with = [](const std::string& status) {
    return R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":)" +
           status + "}";
  };
  CHECK(contains(error_of("token"), "no ExecCredential"));
  CHECK(contains(error_of(R"({"kind":"ExecCredential","apiVersion":"v2"})"), "not of the version"));
  CHECK(contains(error_of(with("null")), "has no status"));
  CHECK(contains(error_of(with("{}")), "neither a token nor"));
  CHECK(contains(error_of(with(R"({"clientKeyData":"k"})")), "not both"));
  CHECK(contains(error_of(with(R"({"token":"a b"})")), "control character"));
  CHECK(contains(error_of(with(R"({"token":"a","expirationTimestamp":"soon"})")), "no time"));
  CHECK(error_of(with(R"({"token":"a","expirationTimestamp":"2027-01-15T08:00:00Z"})")) == "");
}

TEST_CASE("A program that is not there is said") {
  const net::Waiter waiter;
  const auto result =
      run_program({{"no-such-program-at-all"}, {}}, waiter, BootClock::now() + minutes(1));
  CHECK(contains(result.error, "is it installed"));
}

TEST_CASE("A program is killed with all that it started, at its deadline and when interrupted") {
  const Folder folder;
  const std::string command = folder.write_program("plugin", "echo up\nsleep 1000 &\nsleep 1000\n");
  net::Waiter waiter;
  SUBCASE("at its deadline") {
    const auto result =
        run_program({{command}, {}}, waiter, BootClock::now() + std::chrono::milliseconds(200));
    CHECK(contains(result.error, "did not end within 200ms"));
  }
  SUBCASE("when interrupted") {
    std::thread interrupter([&] { waiter.interrupt(); });
    const auto result = run_program({{command}, {}}, waiter, BootClock::now() + minutes(5));
    interrupter.join();
    CHECK(contains(result.error, "was interrupted"));
  }
}

TEST_CASE("A program that leaves others behind with its output open has ended all the same") {
  const Folder folder;
  const std::string command =
      folder.write_program("plugin", "sleep 300 &\necho $! > \"$0.left\"\necho done\n");
  const net::Waiter waiter;
  const BootTime begin = BootClock::now();
  const auto result = run_program({{command}, {}}, waiter, begin + minutes(5));
  CHECK(result.error == "");
  CHECK(result.output == "done\n");
  CHECK(BootClock::now() - begin < minutes(4));
  ::kill(std::stoi(folder.read("plugin.left")), SIGKILL);
}

TEST_CASE("Of what a program complains the end is told, without a piece of a secret") {
  const net::Waiter waiter;
  const std::string secret = "QWERTZUIOPASDFGHJKLYXCVBNM";
  for (const char* before : {"", "-", "-----", "-----------------"}) {
    ProgramCall call{{"sh", "-c",
                      "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "
                      "printf %s \"$1$1\" >&2; done; printf %s \"$2\" >&2; exit 1",
                      "sh", secret, before},
                     {}};
    call.secrets = SecretSearch({secret});
    const auto result = run_program(call, waiter, BootClock::now() + minutes(1));
    CHECK(contains(result.error, "ended with status 1: ********"));
    CHECK(result.error.ends_with(std::string("********") + before));
    for (std::size_t at = 0; at + 4 <= secret.size(); ++at) {
      CHECK_FALSE(contains(result.error, secret.substr(at, 4)));
    }
  }
}

TEST_CASE("A program that prints without end is read and bounded") {
  const net::Waiter waiter;
  const auto result = run_program({{"sh", "-c", "head -c 3000000 /dev/zero"}, {}}, waiter,
                                  BootClock::now() + minutes(1));
  CHECK(result.error == "");
  CHECK(result.output.size() == std::size_t{1024} * 1024);
}

TEST_CASE("A program that never stops printing is killed at its deadline all the same") {
  const net::Waiter waiter;
  const auto result = run_program({{"sh", "-c", "yes & yes & yes"}, {}}, waiter,
                                  BootClock::now() + std::chrono::milliseconds(200));
  CHECK(contains(result.error, "did not end within 200ms"));
  CHECK(result.output.size() <= std::size_t{1024} * 1024);
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
