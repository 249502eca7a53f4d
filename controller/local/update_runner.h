#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/workload_key.h"
#include "controller/local/command.h"
#include "controller/local/descriptor_budget.h"
#include "controller/local/http_hook.h"
#include "controller/local/request_threads.h"
#include "controller/local/update_loop.h"
#include "controller/provider.h"
#include "controller/settings.h"

namespace ebbgate::local {

/// Starts commands and requests on behalf of updates and probes, and knows which commands live.
/// What processes print that commands left behind is read, so that they need not stop for it, and
/// dropped; where what they print is logged, the log says that this ends with Ebbgate.
/// Belongs to the loop's thread, but for stop().
class UpdateRunner final {
 public:
  using Answered = Command::Answered;

  /// `reaped` is called whenever a command is gone.
  /// What it runs at a time holds at most so many `descriptors`.
  UpdateRunner(UpdateLoop& loop, CommandOutput::Log log, std::function<void()> reaped,
               std::size_t descriptors)
      : loop_(loop),
        log_(std::move(log)),
        reaped_(std::move(reaped)),
        budget_(descriptors),
        most_left_behind_(std::clamp<std::size_t>(budget_.all() / 4, 1, kMostLeftBehind)) {}

  /// A late probe is one of a rollout that was given up.
  enum class Purpose { update, probe, late_probe };

  /// Forks a command that waits to be released; what it prints is logged under the workload's name
  /// where that is wanted. Refused where the process has no means to.
  std::variant<std::shared_ptr<Command>, Answer> fork(const WorkloadKey& key, Purpose purpose,
                                                      const CommandRequest& request);
  /// Sends a request; `answered` is called once, later. Null where the process has no means to.
  std::shared_ptr<HttpHook> request(const WorkloadKey& key, Purpose purpose,
                                    const HttpRequest& request, Duration timeout,
                                    const Answered& answered);
  /// To be told of every answer to an attempt that was begun: when attempts have to share few
  /// descriptors, it decides who goes first.
  void ended(const WorkloadKey& key, Purpose purpose, const Answer& answer, Duration took);
  /// How the run went that was answered in this way; nothing: that says nothing of the workload.
  static std::optional<DescriptorBudget::Run> run_of(const Answer& answer, Duration took);
  /// The workload is gone.
  void forget(const WorkloadKey& key);

  std::size_t living_commands() const { return living_; }
  /// Ends the threads; every request must have been cut. To be called when the loop has ended.
  void stop() { threads_.stop(); }

 private:
  // How many pipes of processes that commands left behind are read, the newest.
  static constexpr std::size_t kMostLeftBehind = 64;

  void on_reaped(const std::weak_ptr<Command>& command, const CommandOutput::Log& log,
                 const std::string& name);

  UpdateLoop& loop_;
  CommandOutput::Log log_;
  std::function<void()> reaped_;
  DescriptorBudget budget_;
  const std::size_t most_left_behind_;
  std::size_t living_ = 0;
  std::deque<std::weak_ptr<Command>> left_behind_;
  RequestThreads threads_;
};

}  // namespace ebbgate::local
