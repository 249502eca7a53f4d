#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "controller/local/process_table.h"
#include "controller/local/signal_update.h"
#include "tests/unit/local/update_support.h"

namespace ebbgate::local {
namespace {

// A daemon that writes its own pid file, and a word when it gets SIGUSR1.
class Daemon {
 public:
  explicit Daemon(const TemporaryFolder& folder)
      : pid_file(folder / "pid"), word_file(folder / "word") {
    pid = ::fork();
    if (pid == 0) {
      const std::string script = "trap 'echo got > " + word_file + "' USR1; echo $$ > " + pid_file +
                                 "; while :; do sleep 0.02; done";
      ::execlp("sh", "sh", "-c", script.c_str(), nullptr);
      _exit(127);
    }
    REQUIRE(await([&] { return read_file(pid_file).ends_with('\n'); }));
  }
  ~Daemon() { end(); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  void end() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    pid = 0;
  }

  const std::string pid_file;
  const std::string word_file;
  pid_t pid = 0;
};

LocalWorkload signal_workload(const std::string& pid_file) {
  LocalWorkload workload;
  workload.name = "daemon";
  workload.update.signal = SignalUpdate{pid_file, SIGUSR1};
  return workload;
}

// Refused, with nothing sent; returns the detail without the file's name.
std::string refusal(const std::string& pid_file,
                    FailureCause cause = FailureCause::signal_pid_file) {
  Bench bench;
  const Answer answer = bench.update(signal_workload(pid_file));
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.nothing_sent);
  CHECK(answer.cause == cause);
  const std::string prefix = "pid file " + pid_file + " ";
  CHECK(answer.detail.starts_with(prefix));
  return answer.detail.substr(prefix.size());
}

void set_age(const std::string& path, std::chrono::seconds age) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  now.tv_sec -= age.count();
  const timespec times[2] = {now, now};
  REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

}  // namespace

TEST_CASE("The process that a pid file names gets the signal, and that is applied") {
  const TemporaryFolder folder;
  Daemon daemon(folder);
  Bench bench;
  const Answer answer = bench.update(signal_workload(daemon.pid_file));
  CHECK(answer.outcome == Outcome::applied);
  CHECK(answer.detail == "signal 10 sent to process " + std::to_string(daemon.pid));
  CHECK(await([&] { return read_file(daemon.word_file) == "got\n"; }));
}

TEST_CASE("The pid file is read when the update is sent, not when it is prepared") {
  const TemporaryFolder folder;
  Daemon daemon(folder);
  Bench bench;
  const AttemptId id = bench.prepare(signal_workload(folder / "later"));
  bench.recorder.witness(id);
  write_file(folder / "later", std::to_string(daemon.pid));
  bench.updater.send(id, {});
  CHECK(bench.recorder.answer(id).outcome == Outcome::applied);
}

TEST_CASE("A process younger than the pid file is a stranger and gets no signal") {
  const TemporaryFolder folder;
  Daemon stranger(folder);
  set_age(stranger.pid_file, std::chrono::hours(1));
  CHECK(refusal(stranger.pid_file, FailureCause::signal_file_stale)
            .find("it is another process, nothing was sent to it") != std::string::npos);
  // Had it been sent, the second one, which comes after it, would find the word there.
  set_age(stranger.pid_file, std::chrono::seconds(0));
  CHECK_FALSE(std::filesystem::exists(stranger.word_file));
  Bench bench;
  CHECK(bench.update(signal_workload(stranger.pid_file)).outcome == Outcome::applied);
}

TEST_CASE("A pid file whose process is gone, or a zombie, is refused") {
  const TemporaryFolder folder;
  Daemon daemon(folder);
  const std::string names = "names process " + std::to_string(daemon.pid) + ", ";
  ::kill(daemon.pid, SIGKILL);
  REQUIRE(await([&] { return !runs(daemon.pid); }));
  CHECK(refusal(daemon.pid_file, FailureCause::signal_no_process) == names + "which does not run");
  daemon.end();
  CHECK(refusal(daemon.pid_file, FailureCause::signal_no_process) == names + "which does not run");
}

TEST_CASE("A pid file that is missing, garbled or no file is refused") {
  const TemporaryFolder folder;
  CHECK(refusal(folder / "missing", FailureCause::signal_file_missing) ==
        "cannot be read: No such file or directory");
  write_file(folder / "file", "1");
  CHECK(refusal(folder / "file/pid", FailureCause::signal_file_missing) ==
        "cannot be read: Not a directory");
  const std::string fifo = folder / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(refusal(fifo) == "is no regular file");
  CHECK(refusal("/dev/zero") == "is no regular file");
  const std::string unbound = folder / "socket";
  REQUIRE(::mknod(unbound.c_str(), S_IFSOCK | 0600, 0) == 0);
  CHECK(refusal(unbound) == "is no regular file");
  for (const std::string content : {"", "\n", " \r\n"}) {
    write_file(folder / "pid", content);
    CHECK(refusal(folder / "pid", FailureCause::signal_file_empty) == "is empty");
  }
  const std::vector<std::string> contents = {
      "nginx\n", "12x\n", "-5\n", "0\n", "99999999999999999999\n", "4294967298\n", "1 2\n"};
  for (const std::string& content : contents) {
    CAPTURE(content);
    write_file(folder / "pid", content);
    CHECK(refusal(folder / "pid", FailureCause::signal_file_garbled) ==
          "does not hold a process id");
  }
}

TEST_CASE("Neither Ebbgate itself nor, unless that is allowed, process 1 is signalled") {
  const TemporaryFolder folder;
  write_file(folder / "pid", std::to_string(::getpid()));
  CHECK(refusal(folder / "pid", FailureCause::signal_forbidden) ==
        "names process " + std::to_string(::getpid()) + ", which is Ebbgate itself");
  write_file(folder / "pid", "1");
  CHECK(refusal(folder / "pid", FailureCause::signal_forbidden).find("set allow_pid_1: true") !=
        std::string::npos);
  SignalSender sender;
  SignalUpdate update{folder / "pid", 0, true};  // signal 0 does no harm
  const Answer answer = sender.send(update, [] { return true; });
  CHECK(answer.detail.find("allow_pid_1") == std::string::npos);
  CHECK((answer.outcome == Outcome::applied || answer.cause == FailureCause::signal_denied));
}

TEST_CASE("A pid file that others may write is refused") {
  const TemporaryFolder folder;
  Daemon daemon(folder);
  REQUIRE(::chmod(daemon.pid_file.c_str(), 0646) == 0);
  CHECK(refusal(daemon.pid_file, FailureCause::signal_file_foreign)
            .starts_with("can be written by everybody"));
  REQUIRE(::chmod(daemon.pid_file.c_str(), 0644) == 0);
  if (::geteuid() == 0) {
    REQUIRE(::chown(daemon.pid_file.c_str(), 4321, 4321) == 0);
    CHECK(refusal(daemon.pid_file, FailureCause::signal_file_foreign)
              .starts_with("belongs to user 4321, and the process that"));
    REQUIRE(::chown(daemon.pid_file.c_str(), 0, 0) == 0);
  }
  Bench bench;
  CHECK(bench.update(signal_workload(daemon.pid_file)).outcome == Outcome::applied);
}

TEST_CASE("A pid file of the process's own user is as good as one of root's") {
  if (::geteuid() != 0) return;
  const TemporaryFolder folder;
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::setuid(4321) != 0) _exit(1);
    ::signal(SIGUSR1, SIG_IGN);
    while (true) ::pause();
  }
  write_file(folder / "pid", std::to_string(pid));
  REQUIRE(::chown((folder / "pid").c_str(), 4321, 4321) == 0);
  SignalSender sender;
  const SignalUpdate update{folder / "pid", 0};
  CHECK(
      await([&] { return sender.send(update, [] { return true; }).outcome == Outcome::applied; }));
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST_CASE("A process that matched its file once is known, whatever the wall clock says") {
  const TemporaryFolder folder;
  Daemon daemon(folder);
  Duration ahead{};
  const auto clock = [&] {
    Instant now = SystemClock().now();
    now.wall += std::chrono::duration_cast<std::chrono::milliseconds>(ahead);
    return now;
  };
  SignalSender sender(clock);
  const SignalUpdate update{daemon.pid_file, SIGUSR1};
  const auto yes = [] { return true; };
  sender.look(update);
  // As if the clock had been set forward by an hour: all starts are reckoned that much later.
  ahead = std::chrono::hours(1);
  CHECK(sender.send(update, yes).outcome == Outcome::applied);
  SignalSender another(clock);
  CHECK(another.send(update, yes).cause == FailureCause::signal_file_stale);
  // Written anew, it is another file.
  set_age(daemon.pid_file, std::chrono::hours(1));
  CHECK(sender.send(update, yes).cause == FailureCause::signal_file_stale);
}

TEST_CASE("A signal that was given up in the last moment is not sent") {
  const TemporaryFolder folder;
  Daemon daemon(folder);
  SignalSender sender;
  const SignalUpdate update{daemon.pid_file, SIGKILL};
  const Answer answer = sender.send(update, [] { return false; });
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.nothing_sent);
  CHECK(runs(daemon.pid));
}

}  // namespace ebbgate::local
