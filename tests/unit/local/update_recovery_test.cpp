#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/unit/local/update_support.h"

namespace ebbgate::local {
namespace {

const WorkloadKey kWeb{"default", "Local", "web"};

// An Ebbgate in a process of its own, which the test kills without warning.
class OtherProcess {
 public:
  OtherProcess(const std::string& what, const std::string& script) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl(EBBGATE_UPDATE_HELPER, EBBGATE_UPDATE_HELPER, what.c_str(), "sh", "-c",
              script.c_str(), nullptr);
      _exit(127);
    }
    ::close(ends[1]);
    char byte = 0;
    while (::read(ends[0], &byte, 1) == 1 && byte != '\n') witness += byte;
    ::close(ends[0]);
    REQUIRE_FALSE(witness.empty());
  }
  ~OtherProcess() { kill(); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  std::string witness;

 private:
  pid_t pid_ = 0;
};

// The witness with another value in one of its fields: pid, start, boot.
std::string changed(const std::string& witness, int field, const std::string& value) {
  std::istringstream fields(witness);
  std::string result;
  std::string word;
  for (int i = 0; fields >> word; ++i) result += (i == 0 ? "" : " ") + (i == field ? value : word);
  return result;
}

std::string start_of(const std::string& witness) {
  std::istringstream fields(witness);
  std::string pid;
  std::string start;
  fields >> pid >> start;
  return start;
}

}  // namespace

TEST_CASE("A prepared command vanishes with the Ebbgate that is killed") {
  const TemporaryFolder folder;
  OtherProcess other("prepare", "touch " + folder / "ran");
  const pid_t pid = pid_of(other.witness);
  CHECK(runs(pid));
  other.kill();
  CHECK(await([&] { return !runs(pid); }));
  CHECK_FALSE(std::filesystem::exists(folder / "ran"));
}

TEST_CASE("A running command vanishes with the Ebbgate that is killed") {
  const TemporaryFolder folder;
  OtherProcess other("send", "touch " + folder / "ran" + "; exec sleep 1000");
  const pid_t pid = pid_of(other.witness);
  REQUIRE(await([&] { return std::filesystem::exists(folder / "ran"); }));
  CHECK(runs(pid));
  other.kill();
  CHECK(await([&] { return !runs(pid); }));
}

TEST_CASE("A survivor is ended with its group") {
  const TemporaryFolder folder;
  Bench bench;
  const AttemptId id =
      bench.send(shell_workload("sleep 1000 & echo $! > " + folder / "child" + "; wait"));
  REQUIRE(await([&] { return read_file(folder / "child").ends_with('\n'); }));
  Updater::recover(kWeb, bench.recorder.witness(id));
  CHECK(bench.recorder.answer(id).detail == "ended by signal 9 (SIGKILL)");
  CHECK(await([&] { return !runs(std::stoi(read_file(folder / "child"))); }));
}

TEST_CASE("A process that is not the witness's is left alone") {
  const TemporaryFolder folder;
  Bench bench;
  const AttemptId id =
      bench.send(shell_workload("until [ -e " + folder / "end" + " ]; do sleep 0.02; done"));
  const std::string witness = bench.recorder.witness(id);
  Updater::recover(kWeb, changed(witness, 1, std::to_string(std::stoull(start_of(witness)) + 1)));
  Updater::recover(kWeb, changed(witness, 2, "another-boot"));
  Updater::recover(kWeb, "");
  Updater::recover(kWeb, "garbage");
  write_file(folder / "end", "");
  CHECK(bench.recorder.answer(id).outcome == Outcome::applied);
}

TEST_CASE("What is left of a group without its leader is ended, if it was that workload's") {
  const TemporaryFolder folder;
  // Orphans come to this process, so that the test can reap the leader itself.
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  OtherProcess other("send", "sleep 1000 & echo $! > " + folder / "child" + "; wait");
  REQUIRE(await([&] { return read_file(folder / "child").ends_with('\n'); }));
  const pid_t child = std::stoi(read_file(folder / "child"));
  other.kill();
  REQUIRE(::waitpid(pid_of(other.witness), nullptr, 0) == pid_of(other.witness));
  CHECK(runs(child));
  Updater::recover({"default", "Local", "another"}, other.witness);
  CHECK(runs(child));
  Updater::recover(kWeb, other.witness);
  CHECK(await([&] { return !runs(child); }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace ebbgate::local
