#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/workload_key.h"
#include "controller/provider.h"
#include "controller/settings.h"

namespace ebbgate::local {

/// Carries out the updates of local workloads (commands, HTTP hooks, signals) and watches whether
/// what they started becomes ready. Keeps the contract of Provider for the functions of the same
/// names.
///
/// No call blocks, but for recover() and stop(). Calls are carried out in the order in which they
/// were made, on a thread of its own; of the listener it calls prepared(), answered() and
/// rolled_out(), all from that thread. Everything that a workload needs is copied when it is
/// prepared or watched, so that the settings may change in between; change_readiness() tells of it.
class Updater final {
 public:
  /// Gets lines for people: what commands print, what went wrong. From the updater's thread; must
  /// not block.
  using Log = std::function<void(const std::string& line)>;
  static constexpr std::size_t kManyDescriptors = 65536;

  /// `listener` must outlive stop(). What is under way at a time holds at most so many
  /// `descriptors`. Throws NoThread, or std::system_error where the machine has no descriptors
  /// left.
  Updater(ProviderListener& listener, const Log& log, std::size_t descriptors = kManyDescriptors);
  /// Stops without patience where stop() was not called.
  ~Updater();
  Updater(const Updater&) = delete;
  Updater& operator=(const Updater&) = delete;

  /// The key under which a workload of the settings is known: kind `Local`.
  static WorkloadKey key_of(const LocalWorkload& workload);

  /// Ends what an attempt of a process that died may have left running. Blocks for the moment that
  /// takes, at most about two seconds. To be called before the first prepare().
  static void recover(const WorkloadKey& key, const std::string& witness);

  /// Gets an update ready: the command is forked and waits for send(). Answers at once, as refused,
  /// where that fails.
  void prepare(const Attempt& attempt, const LocalWorkload& workload);
  void send(AttemptId attempt, const Digest& fingerprint);
  /// The command that waits for send() ends without having run; no answer comes.
  void cancel(AttemptId attempt);

  /// Probes a rollout of an earlier process until it is ready. Nothing happens where the workload
  /// has no readiness check. After an update that was applied the updater does
  /// this on its own.
  void watch_rollout(const LocalWorkload& workload);
  /// Takes over how rollouts that are watched are to be probed.
  void change_readiness(const std::vector<LocalWorkload>& workloads);
  /// Stops probing, without a word: the workload is gone.
  void forget_rollout(const WorkloadKey& key);

  /// Gets to know the processes that pid files name now: one that matched its file once is known
  /// by it, whatever the wall clock does until it is signalled.
  void look_at_pid_files(const std::vector<LocalWorkload>& workloads);

  /// Ends updates in flight, with their answers, and all threads. Blocks, for at most about
  /// `patience`. Calls made afterwards do nothing. Not to be called by the listener.
  void stop(Duration patience);

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace ebbgate::local
