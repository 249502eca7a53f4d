#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/unit/local/update_support.h"

namespace ebbgate::local {
namespace {

std::set<std::string> descriptors_of(pid_t pid) {
  std::set<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

std::string status_line(pid_t pid, const std::string& name) {
  std::istringstream status(read_file("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return line.substr(name.size() + 2);
  }
  return {};
}

bool became(pid_t pid, const std::string& program) {
  return await([&] {
    return read_file("/proc/" + std::to_string(pid) + "/cmdline").starts_with(program + '\0');
  });
}

}  // namespace

TEST_CASE("A command sees its workload, the fingerprint that it is sent with, and its level") {
  const TemporaryFolder folder;
  Bench bench;
  const auto workload = shell_workload(
      "echo $EBBGATE_WORKLOAD $EBBGATE_FINGERPRINT $EBBGATE_LEVEL > " + folder / "seen");
  const AttemptId id = bench.prepare(workload, 7);
  bench.recorder.witness(id);
  const Digest fingerprint = sha256("newest");
  bench.updater.send(id, fingerprint);
  const Answer answer = bench.recorder.answer(id);
  CHECK(answer.outcome == Outcome::applied);
  CHECK(answer.detail == "exit status 0");
  CHECK(read_file(folder / "seen") == "default/Local/web " + fingerprint.hex() + " 7\n");
}

TEST_CASE("A command waits until it is sent, and one that is cancelled never runs") {
  const TemporaryFolder folder;
  Bench bench;
  const AttemptId cancelled = bench.prepare(shell_workload("touch " + folder / "ran"));
  const pid_t pid = pid_of(bench.recorder.witness(cancelled));
  CHECK(runs(pid));
  bench.updater.cancel(cancelled);
  CHECK(await([&] { return !runs(pid); }));
  CHECK(bench.update(command_workload({"true"})).outcome == Outcome::applied);
  CHECK_FALSE(std::filesystem::exists(folder / "ran"));
  CHECK_FALSE(bench.recorder.was_answered(cancelled));
}

TEST_CASE("A waiting command that someone else ends is refused when it is sent") {
  Bench bench;
  const AttemptId id = bench.prepare(command_workload({"true"}));
  const pid_t pid = pid_of(bench.recorder.witness(id));
  REQUIRE(::kill(pid, SIGKILL) == 0);
  REQUIRE(await([&] { return !runs(pid); }));
  bench.updater.send(id, {});
  const Answer answer = bench.recorder.answer(id);
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.nothing_sent);
}

TEST_CASE("An exit status other than 0 is unknown, and said") {
  Bench bench;
  const Answer answer = bench.update(shell_workload("exit 3"));
  CHECK(answer.outcome == Outcome::unknown);
  CHECK_FALSE(answer.nothing_sent);
  CHECK(answer.cause == FailureCause::command_exit);
  CHECK(answer.detail == "exit status 3");
}

TEST_CASE("The answer of a command that fails ends with what it printed last") {
  Bench bench;
  const Answer answer = bench.update(shell_workload(
      "for i in $(seq 100); do echo out $i; done; printf '\\033[31mbad\\n' >&2; exit 1"));
  CHECK(answer.detail == "exit status 1: out 97 | out 98 | out 99 | out 100 | \\x1b[31mbad");
}

TEST_CASE("A command ended by a signal is unknown, and the signal said") {
  Bench bench;
  const Answer answer = bench.update(shell_workload("kill -USR1 $$"));
  CHECK(answer.outcome == Outcome::unknown);
  CHECK(answer.cause == FailureCause::command_killed);
  CHECK(answer.detail == "ended by signal 10 (SIGUSR1)");
}

TEST_CASE("A program that cannot be executed is refused, with its name and the reason") {
  const TemporaryFolder folder;
  write_file(folder / "plain", "text");
  write_file(folder / "script", "#!/no/such/interpreter\n");
  std::filesystem::permissions(folder / "script", std::filesystem::perms::owner_all);
  write_file(folder / "headless", "exit 0\n");
  std::filesystem::permissions(folder / "headless", std::filesystem::perms::owner_all);
  Bench bench;

  const auto refusal = [&](const std::string& program) {
    const Answer answer = bench.update(command_workload({program}));
    CHECK(answer.outcome == Outcome::refused);
    CHECK(answer.nothing_sent);
    CHECK(answer.cause == FailureCause::command_not_started);
    return answer.detail;
  };
  const std::string absent =
      ": No such file or directory (the program, or the interpreter that its #! line names)";
  CHECK(refusal("no-such-program-anywhere") ==
        "cannot find the program no-such-program-anywhere along PATH: install it or write its "
        "whole path");
  const std::string list_items =
      "no shell takes it apart: write one list item per argument, such as [nginx, -s, reload]";
  CHECK(refusal("no-such-program web") ==
        "cannot find the program no-such-program web along PATH: " + list_items);
  CHECK(refusal(folder / "absent web") ==
        "cannot execute " + folder / "absent web" + ": No such file or directory: " + list_items);
  CHECK(refusal(folder / "absent") == "cannot execute " + folder / "absent" + absent);
  CHECK(refusal(folder / "plain") == "cannot execute " + folder / "plain" +
                                         ": Permission denied: let the user whom Ebbgate runs as "
                                         "execute it");
  CHECK(refusal(folder / "script") == "cannot execute " + folder / "script" + absent);
  CHECK(refusal(folder / "headless") ==
        "cannot execute " + folder / "headless" + ": Exec format error (a script needs a #! line)");
}

TEST_CASE("A program is looked for when the command is sent, by the process that becomes it") {
  const TemporaryFolder folder;
  Bench bench;
  const AttemptId id = bench.prepare(command_workload({folder / "later"}));
  bench.recorder.witness(id);
  write_file(folder / "later", "#!/bin/sh\nexit 0\n");
  std::filesystem::permissions(folder / "later", std::filesystem::perms::owner_all);
  bench.updater.send(id, {});
  CHECK(bench.recorder.answer(id).outcome == Outcome::applied);
}

TEST_CASE("Along PATH the first program counts that may be executed") {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b", "c"}) std::filesystem::create_directory(folder / name);
  write_file(folder / "b/tool", "#!/bin/sh\nexit 1\n");  // it may not
  write_file(folder / "c/tool", "#!/bin/sh\nexit 0\n");
  std::filesystem::create_directory(folder / "a/tool");
  std::filesystem::permissions(folder / "c/tool", std::filesystem::perms::owner_all);
  const std::string before = std::getenv("PATH");
  const auto set_path = [&](const std::string& text) { ::setenv("PATH", text.c_str(), 1); };
  set_path(folder / "missing" + ":" + folder / "a" + ":" + folder / "b" + ":" + folder / "c");
  Bench bench;
  CHECK(bench.update(command_workload({"tool"})).outcome == Outcome::applied);
  set_path(folder / "missing" + ":" + folder / "b" + ":" + folder / "a");
  CHECK(bench.update(command_workload({"tool"}))
            .detail.starts_with("cannot execute " + folder / "b/tool" + ": Permission denied"));
  set_path(before);
}

TEST_CASE("A command that takes too long is ended by SIGTERM and unknown") {
  Bench bench;
  auto workload = command_workload({"sleep", "1000"});
  workload.update.timeout = std::chrono::milliseconds(50);
  const AttemptId id = bench.send(workload);
  const Answer answer = bench.recorder.answer(id);
  CHECK(answer.outcome == Outcome::unknown);
  CHECK(answer.cause == FailureCause::command_timeout);
  CHECK(answer.detail == "not finished within 50ms; ended by signal 15 (SIGTERM)");
  CHECK_FALSE(runs(pid_of(bench.recorder.witness(id))));
}

TEST_CASE("A command that ignores SIGTERM is ended by SIGKILL") {
  const TemporaryFolder folder;
  Bench bench;
  const AttemptId id =
      bench.send(shell_workload("trap '' TERM; touch " + folder / "ready" + "; exec sleep 1000"));
  REQUIRE(await([&] { return std::filesystem::exists(folder / "ready"); }));
  bench.updater.stop(std::chrono::milliseconds(100));
  REQUIRE(bench.recorder.was_answered(id));
  const Answer answer = bench.recorder.answer(id);
  CHECK(answer.outcome == Outcome::unknown);
  CHECK(answer.cause == FailureCause::interrupted);
  CHECK(answer.detail == "Ebbgate is stopping; ended by signal 9 (SIGKILL)");
}

TEST_CASE("A command may use its grace to end cleanly, and is unknown all the same") {
  const TemporaryFolder folder;
  Bench bench;
  const AttemptId id = bench.send(shell_workload("trap 'echo cleaned > " + folder / "cleaned" +
                                                 "; exit 0' TERM; touch " + folder / "ready" +
                                                 "; while :; do sleep 0.02; done"));
  REQUIRE(await([&] { return std::filesystem::exists(folder / "ready"); }));
  bench.updater.stop(std::chrono::seconds(60));
  CHECK(bench.recorder.answer(id).detail.starts_with("Ebbgate is stopping; exit status 0"));
  CHECK(bench.recorder.answer(id).outcome == Outcome::unknown);
  CHECK(read_file(folder / "cleaned") == "cleaned\n");
}

TEST_CASE("What a command started in the background is ended with it, even if it ignores SIGTERM") {
  const TemporaryFolder folder;
  Bench bench;
  const AttemptId id =
      bench.send(shell_workload("sh -c 'trap \"\" TERM; echo $$ > " + folder / "child" +
                                "; while :; do sleep 0.02; done' & wait"));
  REQUIRE(await([&] { return read_file(folder / "child").ends_with('\n'); }));
  const pid_t child = std::stoi(read_file(folder / "child"));
  CHECK(runs(child));
  bench.updater.stop(std::chrono::milliseconds(100));
  CHECK(bench.recorder.answer(id).outcome == Outcome::unknown);
  CHECK(await([&] { return !runs(child); }));
}

TEST_CASE("Processes that a command leaves behind neither delay its answer nor lose their output") {
  const TemporaryFolder folder;
  Bench bench;
  const Answer answer = bench.update(
      shell_workload("(until [ -e " + folder / "go" + " ]; do sleep 0.02; done; /bin/echo still " +
                     "&& touch " + folder / "survived" + ") & echo started"));
  CHECK(answer.outcome == Outcome::applied);
  CHECK(bench.recorder.lines(1).front() == "default/Local/web: started");
  write_file(folder / "go", "");
  CHECK(await([&] { return std::filesystem::exists(folder / "survived"); }));
}

TEST_CASE("A command has three descriptors, no signal blocked and none ignored") {
  const int stray = ::open("/dev/null", O_RDONLY);  // on purpose without O_CLOEXEC
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &before);
  {
    Bench bench;
    const AttemptId other = bench.prepare(command_workload({"true"}));
    const AttemptId id = bench.send(command_workload({"sleep", "1000"}));
    const pid_t pid = pid_of(bench.recorder.witness(id));
    REQUIRE(became(pid, "sleep"));
    // Its loader opens libraries for a moment; what is inherited would stay.
    CHECK(await([&] { return descriptors_of(pid) == std::set<std::string>{"0", "1", "2"}; }));
    CHECK(std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/fd/0") == "/dev/null");
    CHECK(status_line(pid, "SigBlk") == "0000000000000000");
    CHECK(status_line(pid, "SigIgn") == "0000000000000000");
    CHECK(::getpgid(pid) == pid);
    CHECK_FALSE(bench.recorder.was_answered(other));
  }
  sigaction(SIGPIPE, &before, nullptr);
  ::close(stray);
}

TEST_CASE("Two hundred commands wait side by side, and block nobody") {
  const TemporaryFolder folder;
  const std::string path = folder / "lock";
  const int lock = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE(::flock(lock, LOCK_EX) == 0);
  Bench bench;
  std::vector<AttemptId> ids;
  for (int i = 0; i < 200; ++i) {
    ids.push_back(bench.send(command_workload({"flock", "-s", path, "true"})));
  }
  CHECK(bench.update(command_workload({"true"})).outcome == Outcome::applied);
  for (const AttemptId id : ids) CHECK_FALSE(bench.recorder.was_answered(id));
  ::flock(lock, LOCK_UN);
  for (const AttemptId id : ids) CHECK(bench.recorder.answer(id).outcome == Outcome::applied);
  ::close(lock);
}

TEST_CASE("Stopping refuses what was only prepared, and says nothing was sent") {
  Bench bench;
  const AttemptId id = bench.prepare(command_workload({"true"}));
  const pid_t pid = pid_of(bench.recorder.witness(id));
  const AttemptId hook = bench.prepare(http_workload("http://127.0.0.1:1/"));
  bench.updater.stop(std::chrono::seconds(5));
  for (const AttemptId prepared : {id, hook}) {
    REQUIRE(bench.recorder.was_answered(prepared));
    CHECK(bench.recorder.answer(prepared).outcome == Outcome::refused);
    CHECK(bench.recorder.answer(prepared).nothing_sent);
  }
  CHECK_FALSE(runs(pid));
}

}  // namespace ebbgate::local
