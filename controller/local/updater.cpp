#include "controller/local/updater.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "controller/local/command_recovery.h"
#include "controller/local/readiness.h"
#include "controller/local/signal_errands.h"
#include "controller/local/update_loop.h"
#include "controller/local/update_runner.h"

namespace ebbgate::local {
namespace {

constexpr const char* kStopping = "Ebbgate is stopping";

Answer stopping() {
  return Answer::not_sent(FailureCause::interrupted, kStopping);
}

}  // namespace

/// Everything but post() and stop() belongs to the loop's thread.
class Updater::Core final {
 public:
  Core(ProviderListener& listener, const Log& log, std::size_t descriptors)
      : listener_(listener),
        runner_(
            loop_, log, [this] { leave_when_done(); }, descriptors),
        signals_(loop_),
        readiness_(loop_, runner_, log, listener) {
    loop_.start();
  }

  void post(UpdateLoop::Task task) { loop_.post(std::move(task)); }
  void stop(Duration patience) EBBGATE_EXCLUDES(stop_mutex_);

  void prepare(const Attempt& attempt, LocalWorkload workload);
  void send(AttemptId id, const Digest& fingerprint);
  void cancel(AttemptId id);
  void watch_rollout(const WorkloadKey& key, const LocalReadiness& ready) {
    if (!stopping_) readiness_.watch(key, ready);
  }
  void change_readiness(const WorkloadKey& key, const std::optional<LocalReadiness>& ready) {
    readiness_.change(key, ready);
  }
  void forget_rollout(const WorkloadKey& key) {
    readiness_.forget(key);
    runner_.forget(key);
  }
  void look_at_pid_files(std::vector<SignalUpdate> updates) { signals_.look(std::move(updates)); }

 private:
  struct Update {
    Attempt attempt;
    LocalUpdate settings;
    std::optional<LocalReadiness> ready;
    std::shared_ptr<Command> command;
    std::shared_ptr<HttpHook> hook;
    std::shared_ptr<SignalErrands::Errand> errand;
    bool sent = false;
    BootTime sent_at{};
  };

  void answer(AttemptId id, Answer answer);
  void begin_stop(Duration patience);
  void leave_when_done();

  ProviderListener& listener_;
  UpdateLoop loop_;
  UpdateRunner runner_;
  SignalErrands signals_;
  Readiness readiness_;
  std::map<AttemptId, Update> updates_;
  bool stopping_ = false;
  Mutex stop_mutex_;
  bool stopped_ EBBGATE_GUARDED_BY(stop_mutex_) = false;
};

void Updater::Core::prepare(const Attempt& attempt, LocalWorkload workload) {
  if (stopping_) {
    listener_.answered(attempt.id, stopping());
    return;
  }
  Update update{attempt, std::move(workload.update), std::move(workload.ready), {}, {}, {}};
  std::string witness;
  if (!update.settings.exec.empty()) {
    CommandRequest request;
    request.arguments = update.settings.exec;
    request.environment = {{"EBBGATE_WORKLOAD", attempt.key.text()},
                           {"EBBGATE_LEVEL", std::to_string(attempt.level)}};
    request.wants_fingerprint = true;
    request.prints = CommandPrints::log;
    auto command = runner_.fork(attempt.key, UpdateRunner::Purpose::update, request);
    if (auto* failed = std::get_if<Answer>(&command)) {
      listener_.answered(attempt.id, std::move(*failed));
      return;
    }
    update.command = std::get<std::shared_ptr<Command>>(command);
    witness = witness_of(*update.command);
  }
  updates_[attempt.id] = std::move(update);
  listener_.prepared(attempt.id, std::move(witness));
}

void Updater::Core::send(AttemptId id, const Digest& fingerprint) {
  const auto found = updates_.find(id);
  if (found == updates_.end()) return;  // answered by begin_stop()
  Update& update = found->second;
  update.sent = true;
  update.sent_at = BootClock::now();
  readiness_.pause(update.attempt.key);
  const auto answered = [this, id](Answer result) { answer(id, std::move(result)); };
  if (update.command) {
    const auto command = update.command;  // the answer may come at once, and drop the update
    command->release(fingerprint, update.settings.timeout, answered);
  } else if (update.settings.http) {
    update.hook = runner_.request(update.attempt.key, UpdateRunner::Purpose::update,
                                  *update.settings.http, update.settings.timeout, answered);
  } else if (update.settings.signal) {
    update.errand = signals_.send(*update.settings.signal, update.settings.timeout, answered);
  } else {
    answered(Answer::not_sent(FailureCause::not_configured,
                              "the workload has no update: set one of exec, http, signal"));
  }
}

void Updater::Core::cancel(AttemptId id) {
  const auto found = updates_.find(id);
  if (found == updates_.end() || found->second.sent) return;
  if (found->second.command) found->second.command->cancel();
  updates_.erase(found);
}

void Updater::Core::answer(AttemptId id, Answer answer) {
  auto node = updates_.extract(id);
  if (node.empty()) return;
  const Update& update = node.mapped();
  const Outcome outcome = answer.outcome;
  if (update.sent) {
    runner_.ended(update.attempt.key, UpdateRunner::Purpose::update, answer,
                  BootClock::now() - update.sent_at);
  }
  listener_.answered(id, std::move(answer));
  if (!stopping_) {
    if (outcome == Outcome::refused) {
      readiness_.resume(update.attempt.key);
    } else if (outcome == Outcome::applied && update.ready) {
      readiness_.watch(update.attempt.key, *update.ready);
    } else {
      readiness_.forget(update.attempt.key);
    }
  }
  leave_when_done();
}

void Updater::Core::begin_stop(Duration patience) {
  stopping_ = true;
  readiness_.forget_all();
  const Duration grace = std::clamp(patience, Duration::zero(), Command::kGrace);
  std::vector<AttemptId> ids;
  for (const auto& [id, update] : updates_) ids.push_back(id);
  for (const AttemptId id : ids) {
    const Update update = updates_.at(id);
    if (!update.sent) {
      if (update.command) update.command->cancel();
      answer(id, stopping());
    } else if (update.command) {
      update.command->terminate(grace, FailureCause::interrupted, kStopping);
    } else if (update.hook) {
      update.hook->cut(FailureCause::interrupted, kStopping);
    } else if (update.errand) {
      signals_.give_up(update.errand, FailureCause::interrupted, kStopping);
    }
  }
  loop_.at(BootClock::now() + grace + std::chrono::seconds(1), [this] {
    while (!updates_.empty()) {
      answer(updates_.begin()->first, Answer::unknown(FailureCause::interrupted,
                                                      std::string(kStopping) + "; it did not end"));
    }
    loop_.leave();
  });
  leave_when_done();
}

void Updater::Core::leave_when_done() {
  if (stopping_ && updates_.empty() && runner_.living_commands() == 0) loop_.leave();
}

void Updater::Core::stop(Duration patience) {
  MutexLock lock(stop_mutex_);
  if (std::exchange(stopped_, true)) return;
  loop_.post([this, patience] { begin_stop(patience); });
  loop_.join();
  signals_.stop();
  runner_.stop();
}

Updater::Updater(ProviderListener& listener, const Log& log, std::size_t descriptors)
    : core_(std::make_unique<Core>(listener, log, descriptors)) {}

Updater::~Updater() {
  stop(Duration::zero());
}

WorkloadKey Updater::key_of(const LocalWorkload& workload) {
  return {workload.namespace_name, "Local", workload.name};
}

void Updater::recover(const WorkloadKey& key, const std::string& witness) {
  end_survivor(key, witness);
}

void Updater::prepare(const Attempt& attempt, const LocalWorkload& workload) {
  core_->post([core = core_.get(), attempt, workload] { core->prepare(attempt, workload); });
}

void Updater::send(AttemptId attempt, const Digest& fingerprint) {
  core_->post([core = core_.get(), attempt, fingerprint] { core->send(attempt, fingerprint); });
}

void Updater::cancel(AttemptId attempt) {
  core_->post([core = core_.get(), attempt] { core->cancel(attempt); });
}

void Updater::watch_rollout(const LocalWorkload& workload) {
  if (!workload.ready) return;
  core_->post([core = core_.get(), key = key_of(workload), ready = *workload.ready] {
    core->watch_rollout(key, ready);
  });
}

void Updater::change_readiness(const std::vector<LocalWorkload>& workloads) {
  std::vector<std::pair<WorkloadKey, std::optional<LocalReadiness>>> all;
  all.reserve(workloads.size());
  for (const LocalWorkload& workload : workloads) {
    all.emplace_back(key_of(workload), workload.ready);
  }
  core_->post([core = core_.get(), all = std::move(all)] {
    for (const auto& [key, ready] : all) core->change_readiness(key, ready);
  });
}

void Updater::look_at_pid_files(const std::vector<LocalWorkload>& workloads) {
  std::vector<SignalUpdate> updates;
  for (const LocalWorkload& workload : workloads) {
    if (workload.update.signal) updates.push_back(*workload.update.signal);
  }
  core_->post(
      [core = core_.get(), updates = std::move(updates)] { core->look_at_pid_files(updates); });
}

void Updater::forget_rollout(const WorkloadKey& key) {
  core_->post([core = core_.get(), key] { core->forget_rollout(key); });
}

void Updater::stop(Duration patience) {
  core_->stop(patience);
}

}  // namespace ebbgate::local
