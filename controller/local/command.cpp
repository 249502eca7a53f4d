#include "controller/local/command.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "controller/local/command_child.h"
#include "controller/local/program_search.h"

namespace ebbgate::local {
namespace {

// Only a process that hangs in the kernel outlives SIGKILL by this.
constexpr Duration kKillPatience = std::chrono::seconds(2);
constexpr int kReadsPerTurn = 16;
constexpr std::size_t kHeldWhileRunning = 3;  // of process, failure and output

#ifndef P_PIDFD
constexpr auto kByDescriptor = static_cast<idtype_t>(3);
#else
constexpr auto kByDescriptor = P_PIDFD;
#endif

std::string end_text(const siginfo_t& end) {
  if (end.si_code == CLD_EXITED) return "exit status " + std::to_string(end.si_status);
  const char* const name = sigabbrev_np(end.si_status);
  return "ended by signal " + std::to_string(end.si_status) +
         (name != nullptr ? " (SIG" + std::string(name) + ")" : "");
}

std::string failure_text(const std::string& name, const std::vector<std::string>& programs,
                         const ChildFailure& failure) {
  if (failure.step == ChildFailure::Step::setup) {
    return "cannot start " + name + ": descriptors: " + std::strerror(failure.error);
  }
  return why_not_executed(name, programs.at(static_cast<std::size_t>(failure.program)),
                          failure.error);
}

}  // namespace

std::variant<std::shared_ptr<Command>, Answer> Command::prepare(UpdateLoop& loop,
                                                                const CommandRequest& request,
                                                                Listener listener) {
  auto spawned = spawn_command(request);
  if (auto* failed = std::get_if<Answer>(&spawned)) return std::move(*failed);
  auto command =
      std::make_shared<Command>(loop, request.arguments.front(),
                                std::move(std::get<SpawnedCommand>(spawned)), std::move(listener));
  if (command->watch()) return command;
  Answer failed = Answer::not_sent(FailureCause::own_resources,
                                   "cannot watch a command: " + std::string(std::strerror(errno)));
  loop.unwatch(command->spawned_.process.get());
  command->spawned_.release.reset();
  command->signal_group(SIGKILL);
  waitid(kByDescriptor, static_cast<id_t>(command->spawned_.process.get()), nullptr, WEXITED);
  return failed;
}

Command::Command(UpdateLoop& loop, std::string name, SpawnedCommand spawned, Listener listener)
    : loop_(loop),
      name_(std::move(name)),
      spawned_(std::move(spawned)),
      listener_(std::move(listener)) {
  if (spawned_.output) output_.emplace(listener_.prefix, listener_.log, listener_.secrets);
}

bool Command::watch() {
  auto self = shared_from_this();
  return loop_.watch(spawned_.process.get(), [self] { self->on_exit(); }) &&
         (!spawned_.output || loop_.watch(spawned_.output.get(), [self] { self->on_output(); }));
}

void Command::release(const std::optional<Digest>& fingerprint, Duration timeout,
                      Answered answered) {
  const std::string message = fingerprint ? fingerprint->hex() : std::string(kReleaseBytes, '0');
  const bool released =
      state_ == State::waiting && ::write(spawned_.release.get(), message.data(), message.size()) ==
                                      static_cast<ssize_t>(message.size());
  if (!released) {
    // It may have given up before, and said why.
    answered(why_not_started().value_or(Answer::not_sent(
        FailureCause::command_not_started,
        "the process that waited to become " + name_ + " was ended by someone else")));
    if (state_ == State::waiting) kill();
    return;
  }
  spawned_.release.reset();
  if (listener_.share) listener_.share->shrink(kHeldWhileRunning);
  state_ = State::running;
  answered_ = std::move(answered);
  timer_ = loop_.at(BootClock::now() + timeout, [self = shared_from_this(), timeout] {
    self->terminate(kGrace, FailureCause::command_timeout,
                    "not finished within " + format_duration(timeout));
  });
}

void Command::terminate(Duration grace, FailureCause cause, const std::string& reason) {
  if (state_ == State::running) {
    state_ = State::ending;
    reason_ = reason;
    cause_ = cause;
    signal_group(SIGTERM);
    signal_group(SIGCONT);  // a stopped process would not notice
  }
  const BootTime kill_at = BootClock::now() + grace;
  if (state_ != State::ending || kill_at >= kill_at_) return;
  loop_.cancel(timer_);
  kill_at_ = kill_at;
  timer_ = loop_.at(kill_at, [self = shared_from_this()] { self->kill(); });
}

void Command::cancel() {
  answered_ = nullptr;
  close_output();
  if (state_ != State::gone && state_ != State::killed) kill();
}

void Command::close_output() {
  loop_.unwatch(spawned_.output.get());
  spawned_.output.reset();
  if (state_ == State::gone && listener_.share) listener_.share->shrink(0);
}

void Command::signal_group(int signal) const {
  ::kill(-spawned_.pid, signal);
}

void Command::kill() {
  loop_.cancel(timer_);
  spawned_.release.reset();
  if (leader_ended_) {
    finish();
    return;
  }
  state_ = State::killed;
  signal_group(SIGKILL);
  timer_ = loop_.at(BootClock::now() + kKillPatience, [self = shared_from_this()] {
    self->answer(Answer::unknown(
        self->cause_,
        self->with_output(self->reason_ + "; process " + std::to_string(self->spawned_.pid) +
                          " hangs in the kernel and does not end even by SIGKILL")));
  });
}

void Command::on_exit() {
  if (state_ == State::ending && spawned_.output) {
    // Others of its group hold its output: they have what is left of the grace. The leader stays a
    // zombie until then, so that the group's number cannot become another's.
    leader_ended_ = true;
    loop_.unwatch(spawned_.process.get());
    return;
  }
  finish();
}

void Command::on_output() {
  const auto self = shared_from_this();
  read_output();
  if (!spawned_.output && leader_ended_ && state_ == State::ending) finish();
}

void Command::read_output() {
  std::array<char, 4096> buffer{};
  for (int i = 0; spawned_.output && i < kReadsPerTurn; ++i) {
    const ssize_t count = ::read(spawned_.output.get(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
      close_output();
    } else if (output_) {
      output_->add({buffer.data(), static_cast<std::size_t>(count)});
    }
  }
}

void Command::finish() {
  const auto self = shared_from_this();
  const auto process = static_cast<id_t>(spawned_.process.get());
  siginfo_t end{};
  if (waitid(kByDescriptor, process, &end, WEXITED | WNOHANG | WNOWAIT) == 0 && end.si_pid == 0) {
    return;
  }
  // Before the zombie goes, while the group's number is surely its own.
  if (state_ == State::ending) signal_group(SIGKILL);
  waitid(kByDescriptor, process, nullptr, WEXITED | WNOHANG);
  loop_.cancel(timer_);
  loop_.unwatch(spawned_.process.get());
  state_ = State::gone;
  read_output();
  if (output_) output_->finish();
  Answer result = result_of(end);
  // Processes left behind would be ended by SIGPIPE, so what they print is still read, and dropped.
  output_.reset();
  answer(std::move(result));
  spawned_.process.reset();
  spawned_.failure.reset();
  spawned_.release.reset();
  // Of processes left behind only the output is left.
  if (listener_.share) listener_.share->shrink(spawned_.output ? 1 : 0);
  listener_.reaped();
}

void Command::answer(Answer answer) {
  if (Answered answered = std::exchange(answered_, nullptr)) answered(std::move(answer));
}

std::optional<Answer> Command::why_not_started() const {
  ChildFailure failure;
  if (::read(spawned_.failure.get(), &failure, sizeof failure) !=
      static_cast<ssize_t>(sizeof failure)) {
    return std::nullopt;
  }
  const bool own = failure.step == ChildFailure::Step::setup || is_shortage(failure.error);
  return Answer::not_sent(own ? FailureCause::own_resources : FailureCause::command_not_started,
                          failure_text(name_, spawned_.programs, failure));
}

Answer Command::result_of(const siginfo_t& end) const {
  if (auto failure = why_not_started()) return *std::move(failure);
  if (!reason_.empty())
    return Answer::unknown(cause_,
                           with_output(reason_ + (end.si_pid == 0 ? "" : "; " + end_text(end))));
  // Someone reaped it before us, which tells nothing of how it went.
  if (end.si_pid == 0) {
    return Answer::unknown(FailureCause::command_lost, with_output("its exit status was lost"));
  }
  if (end.si_code != CLD_EXITED) {
    return Answer::unknown(FailureCause::command_killed, with_output(end_text(end)));
  }
  if (end.si_status == 0) return Answer::applied(end_text(end));
  return Answer::unknown(FailureCause::command_exit, with_output(end_text(end)));
}

std::string Command::with_output(std::string detail) const {
  const std::string last = output_ ? output_->last_lines() : std::string();
  return last.empty() ? detail : std::move(detail) + ": " + last;
}

}  // namespace ebbgate::local
