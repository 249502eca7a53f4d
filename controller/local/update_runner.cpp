#include "controller/local/update_runner.h"

#include <utility>

#include "base/text.h"

namespace ebbgate::local {

std::variant<std::shared_ptr<Command>, Answer> UpdateRunner::fork(const WorkloadKey& key,
                                                                  const CommandRequest& request) {
  const auto self = std::make_shared<std::weak_ptr<Command>>();
  Command::Listener listener;
  listener.reaped = [this, self] { on_reaped(*self); };
  listener.log = log_;
  listener.prefix = key.text() + ": ";
  auto command = Command::prepare(loop_, request, std::move(listener));
  if (const auto* started = std::get_if<std::shared_ptr<Command>>(&command)) {
    *self = *started;
    ++living_;
  }
  return command;
}

void UpdateRunner::on_reaped(const std::weak_ptr<Command>& command) {
  --living_;
  if (const auto ended = command.lock(); ended && ended->has_output()) {
    std::erase_if(left_behind_, [](const std::weak_ptr<Command>& other) {
      const auto still = other.lock();
      return !still || !still->has_output();
    });
    left_behind_.push_back(command);
  }
  if (left_behind_.size() > kMaxLeftBehind) {
    if (const auto oldest = left_behind_.front().lock()) oldest->close_output();
    left_behind_.pop_front();
  }
  reaped_();
}

std::shared_ptr<HttpHook> UpdateRunner::request(Purpose purpose, const HttpRequest& request,
                                                Duration timeout, const Answered& answered) {
  auto hook = std::make_shared<HttpHook>(request, timeout);
  const UpdateLoop::Timer timer = loop_.at(BootClock::now() + timeout, [hook, timeout, answered] {
    if (auto answer = hook->cut(FailureCause::http_timeout,
                                "no whole answer within " + format_duration(timeout))) {
      answered(std::move(*answer));
    }
  });
  UpdateLoop& loop = loop_;
  const auto finish = [&loop, timer, answered](Answer answer) {
    loop.post([&loop, timer, answered, answer = std::move(answer)]() mutable {
      loop.cancel(timer);
      answered(std::move(answer));
    });
  };
  HttpPool& pool = purpose == Purpose::update ? updates_ : probes_;
  const bool submitted = pool.submit([hook, finish] {
    if (auto answer = hook->perform()) finish(std::move(*answer));
  });
  if (!submitted) {
    if (auto answer = hook->cut(FailureCause::own_resources, "no thread to send it from"))
      finish(std::move(*answer));
  }
  return hook;
}

void UpdateRunner::stop() {
  updates_.stop();
  probes_.stop();
}

}  // namespace ebbgate::local
