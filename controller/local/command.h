#pragma once

#include <signal.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/digest.h"
#include "controller/local/command_output.h"
#include "controller/local/command_spawn.h"
#include "controller/local/descriptor_budget.h"
#include "controller/local/update_loop.h"
#include "controller/provider.h"

namespace ebbgate::local {

/// One command: forked at once, released or cancelled later, ended when its time is over. Belongs
/// to the loop's thread, and lives (held by the loop) until its process is gone.
class Command final : public std::enable_shared_from_this<Command> {
 public:
  /// How long a group may go on after SIGTERM.
  static constexpr Duration kGrace = std::chrono::seconds(3);

  using Answered = std::function<void(Answer answer)>;
  struct Listener {
    std::function<void()> reaped;  ///< the process is gone; called once
    CommandOutput::Log log;        ///< gets what it prints
    std::string prefix;            ///< of what it prints
    SecretSearch secrets = {};     ///< what of that is masked
    /// What its descriptors are counted by; null: by nobody.
    std::shared_ptr<DescriptorBudget::Share> share = {};
  };

  /// Forks the child, which waits. Returns a refusal where that fails.
  static std::variant<std::shared_ptr<Command>, Answer> prepare(UpdateLoop& loop,
                                                                const CommandRequest& request,
                                                                Listener listener);
  Command(UpdateLoop& loop, std::string name, SpawnedCommand spawned, Listener listener);

  pid_t pid() const { return spawned_.pid; }
  std::uint64_t start_ticks() const { return spawned_.start_ticks; }

  /// Starts the command. `answered` is called once, later: applied for exit status 0, refused where
  /// it could not be started, unknown otherwise.
  void release(const std::optional<Digest>& fingerprint, Duration timeout, Answered answered);
  /// SIGTERM to the group, SIGKILL after `grace` to what is left of it. The answer is unknown, with
  /// the cause and the reason. Nothing happens where it is ending already but that an earlier end
  /// counts.
  void terminate(Duration grace, FailureCause cause, const std::string& reason);
  /// Ends it at once and never answers.
  void cancel();
  /// Stops reading what processes print that the command left behind.
  void close_output();
  /// Whether such processes may still print.
  bool has_output() const { return static_cast<bool>(spawned_.output); }

 private:
  enum class State { waiting, running, ending, killed, gone };

  bool watch();
  void on_exit();
  void on_output();
  void read_output();
  void signal_group(int signal) const;
  void kill();
  void finish();
  void answer(Answer answer);
  /// Nothing where it became the command, or did not get so far.
  std::optional<Answer> why_not_started() const;
  Answer result_of(const siginfo_t& end) const;
  std::string with_output(std::string detail) const;

  UpdateLoop& loop_;
  const std::string name_;
  SpawnedCommand spawned_;
  Listener listener_;
  std::optional<CommandOutput> output_;
  State state_ = State::waiting;
  bool leader_ended_ = false;
  std::string reason_;                                  // why it was ended, where it was
  FailureCause cause_ = FailureCause::command_timeout;  // the same
  Answered answered_;
  UpdateLoop::Timer timer_;
  BootTime kill_at_ = BootTime::max();
};

}  // namespace ebbgate::local
