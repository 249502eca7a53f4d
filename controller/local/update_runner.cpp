#include "controller/local/update_runner.h"

#include <cstring>
#include <system_error>
#include <utility>

#include "base/masking.h"
#include "base/thread.h"

namespace ebbgate::local {
namespace {

constexpr Duration kOwnOutput = std::chrono::seconds(1);
constexpr Duration kQuick = std::chrono::seconds(5);
constexpr std::size_t kHeldByRequest = 3;  // what wakes it, its connection, and a look-up or TLS
constexpr const char* kAdvice =
    ": its command left a process behind that holds the command's output: redirect the output of "
    "that process (>/dev/null 2>&1, or to a file), or SIGPIPE ends it when it writes after Ebbgate "
    "has stopped";

std::string name_of(const WorkloadKey& key, UpdateRunner::Purpose purpose) {
  return key.text() + (purpose == UpdateRunner::Purpose::update ? "" : " ready");
}

DescriptorBudget::Urgency urgency_of(UpdateRunner::Purpose purpose) {
  return purpose == UpdateRunner::Purpose::late_probe ? DescriptorBudget::Urgency::none
                                                      : DescriptorBudget::Urgency::usual;
}

Answer no_room(const std::string& what) {
  return Answer::not_sent(FailureCause::own_resources,
                          "cannot " + what +
                              ": other updates and probes under way hold all descriptors that "
                              "there are for them");
}

}  // namespace

std::variant<std::shared_ptr<Command>, Answer> UpdateRunner::fork(const WorkloadKey& key,
                                                                  Purpose purpose,
                                                                  const CommandRequest& request) {
  auto share = budget_.take(name_of(key, purpose), DescriptorBudget::kOneAttempt, BootClock::now(),
                            urgency_of(purpose));
  if (!share) return no_room("start a command");
  const auto self = std::make_shared<std::weak_ptr<Command>>();
  Command::Listener listener;
  const bool logs = request.prints == CommandPrints::log;
  const CommandOutput::Log log = logs ? log_ : [](const std::string&) {};
  listener.reaped = [this, self, log, prefix = key.text()] { on_reaped(*self, log, prefix); };
  listener.log = log;
  listener.prefix = key.text() + ": ";
  if (request.prints != CommandPrints::nothing)
    listener.secrets = SecretSearch(secrets_of(request.arguments));
  listener.share = std::move(share);
  auto command = Command::prepare(loop_, request, std::move(listener));
  if (const auto* started = std::get_if<std::shared_ptr<Command>>(&command)) {
    *self = *started;
    ++living_;
  }
  return command;
}

void UpdateRunner::on_reaped(const std::weak_ptr<Command>& command, const CommandOutput::Log& log,
                             const std::string& name) {
  --living_;
  if (const auto ended = command.lock(); ended && ended->has_output()) {
    std::erase_if(left_behind_, [](const std::weak_ptr<Command>& other) {
      const auto still = other.lock();
      return !still || !still->has_output();
    });
    left_behind_.push_back(command);
    // What is left of its own output is read until then.
    loop_.at(BootClock::now() + kOwnOutput, [log, command, name] {
      if (const auto still = command.lock(); still && still->has_output()) log(name + kAdvice);
    });
  }
  if (left_behind_.size() > most_left_behind_) {
    if (const auto oldest = left_behind_.front().lock()) oldest->close_output();
    left_behind_.pop_front();
  }
  reaped_();
}

std::shared_ptr<HttpHook> UpdateRunner::request(const WorkloadKey& key, Purpose purpose,
                                                const HttpRequest& request, Duration timeout,
                                                const Answered& answered) {
  UpdateLoop& loop = loop_;
  const auto finish = [&loop, answered](Answer answer) {
    loop.post([answered, answer = std::move(answer)]() mutable { answered(std::move(answer)); });
  };
  auto share =
      budget_.take(name_of(key, purpose), kHeldByRequest, BootClock::now(), urgency_of(purpose));
  if (!share) {
    finish(no_room("send a request"));
    return nullptr;
  }
  std::shared_ptr<HttpHook> hook;
  std::string reason;
  try {
    hook = std::make_shared<HttpHook>(request, timeout);
  } catch (const std::system_error& failure) {
    reason = std::strerror(failure.code().value());
  }
  if (hook) {
    const int error = threads_.start([hook, finish, share = std::move(share)]() mutable {
      Answer answer = hook->perform();
      share.reset();
      finish(std::move(answer));
    });
    if (error != 0) reason = no_thread("it", error);
  }
  if (!reason.empty()) {
    finish(Answer::not_sent(FailureCause::own_resources, "cannot send a request: " + reason));
  }
  return hook;
}

std::optional<DescriptorBudget::Run> UpdateRunner::run_of(const Answer& answer, Duration took) {
  using Run = DescriptorBudget::Run;
  if (answer.cause == FailureCause::own_resources) return std::nullopt;
  // These two come at once, unless nothing answers at all.
  const bool silent = took > kQuick && (answer.cause == FailureCause::http_unreachable ||
                                        answer.cause == FailureCause::http_not_tls);
  const bool hung = silent || answer.cause == FailureCause::command_timeout ||
                    answer.cause == FailureCause::http_timeout;
  return hung ? Run::hung : took <= kQuick ? Run::quick : Run::slow;
}

void UpdateRunner::ended(const WorkloadKey& key, Purpose purpose, const Answer& answer,
                         Duration took) {
  if (const auto run = run_of(answer, took)) budget_.ended(name_of(key, purpose), *run);
}

void UpdateRunner::forget(const WorkloadKey& key) {
  for (const Purpose purpose : {Purpose::update, Purpose::probe}) {
    budget_.forget(name_of(key, purpose));
  }
}

}  // namespace ebbgate::local
