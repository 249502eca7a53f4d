#include "controller/local/update_runner.h"

#include <cstring>
#include <system_error>
#include <utility>

#include "base/masking.h"

namespace ebbgate::local {
namespace {

constexpr Duration kOwnOutput = std::chrono::seconds(1);
constexpr const char* kAdvice =
    ": its command left a process behind that holds the command's output: redirect the output of "
    "that process (>/dev/null 2>&1, or to a file), or SIGPIPE ends it when it writes after Ebbgate "
    "has stopped";

}  // namespace

std::variant<std::shared_ptr<Command>, Answer> UpdateRunner::fork(const WorkloadKey& key,
                                                                  const CommandRequest& request) {
  const auto self = std::make_shared<std::weak_ptr<Command>>();
  Command::Listener listener;
  listener.reaped = [this, self, prefix = key.text()] { on_reaped(*self, prefix); };
  listener.log = log_;
  listener.prefix = key.text() + ": ";
  if (request.wants_output) listener.secrets = SecretSearch(secrets_of(request.arguments));
  auto command = Command::prepare(loop_, request, std::move(listener));
  if (const auto* started = std::get_if<std::shared_ptr<Command>>(&command)) {
    *self = *started;
    ++living_;
  }
  return command;
}

void UpdateRunner::on_reaped(const std::weak_ptr<Command>& command, const std::string& name) {
  --living_;
  if (const auto ended = command.lock(); ended && ended->has_output()) {
    std::erase_if(left_behind_, [](const std::weak_ptr<Command>& other) {
      const auto still = other.lock();
      return !still || !still->has_output();
    });
    left_behind_.push_back(command);
    // What is left of its own output is read until then.
    loop_.at(BootClock::now() + kOwnOutput, [this, command, name] {
      if (const auto still = command.lock(); still && still->has_output()) log_(name + kAdvice);
    });
  }
  if (left_behind_.size() > kMaxLeftBehind) {
    if (const auto oldest = left_behind_.front().lock()) oldest->close_output();
    left_behind_.pop_front();
  }
  reaped_();
}

std::shared_ptr<HttpHook> UpdateRunner::request(const HttpRequest& request, Duration timeout,
                                                const Answered& answered) {
  UpdateLoop& loop = loop_;
  const auto finish = [&loop, answered](Answer answer) {
    loop.post([answered, answer = std::move(answer)]() mutable { answered(std::move(answer)); });
  };
  std::shared_ptr<HttpHook> hook;
  int error = 0;
  try {
    hook = std::make_shared<HttpHook>(request, timeout);
  } catch (const std::system_error& failure) {
    error = failure.code().value();
  }
  if (error == 0) error = threads_.start([hook, finish] { finish(hook->perform()); });
  if (error != 0) {
    finish(Answer::not_sent(FailureCause::own_resources,
                            "cannot send a request: " + std::string(std::strerror(error))));
  }
  return hook;
}

}  // namespace ebbgate::local
