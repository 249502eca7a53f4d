#include "controller/local/signal_errands.h"

#include <cstring>
#include <utility>

#include "base/mutex.h"
#include "base/text.h"
#include "base/thread.h"

namespace ebbgate::local {
namespace {

// 0, or the errno that says why there is no thread.
int start_errand(std::function<void()> task) {
  return start_detached("signal", [task = std::move(task)] {
    block_all_signals();
    task();
  });
}

}  // namespace

struct SignalErrands::Link {
  explicit Link(UpdateLoop& of) : loop(&of) {}

  void post(UpdateLoop::Task task) EBBGATE_EXCLUDES(mutex) {
    const MutexLock lock(mutex);
    if (loop != nullptr) loop->post(std::move(task));
  }

  // On the loop's thread.
  void cancel(UpdateLoop::Timer timer) EBBGATE_EXCLUDES(mutex) {
    const MutexLock lock(mutex);
    if (loop != nullptr) loop->cancel(timer);
  }

  Mutex mutex;
  UpdateLoop* loop EBBGATE_GUARDED_BY(mutex);
};

SignalErrands::SignalErrands(UpdateLoop& loop) : loop_(loop), link_(std::make_shared<Link>(loop)) {}

void SignalErrands::stop() {
  const MutexLock lock(link_->mutex);
  link_->loop = nullptr;
}

void SignalErrands::finish(const std::shared_ptr<Link>& link, const std::shared_ptr<Errand>& errand,
                           Answer answer) {
  link->post([link, errand, answer = std::move(answer)]() mutable {
    Answered answered = std::exchange(errand->answered, nullptr);
    if (!answered) return;
    link->cancel(errand->timer);
    answered(std::move(answer));
  });
}

std::shared_ptr<SignalErrands::Errand> SignalErrands::send(const SignalUpdate& update,
                                                           Duration timeout, Answered answered) {
  auto errand = std::make_shared<Errand>();
  errand->answered = std::move(answered);
  std::shared_ptr<Errand>& last = errands_[update.pid_file];
  if (last && !last->ended) {
    finish(link_, errand,
           Answer::not_sent(FailureCause::signal_pid_file,
                            "pid file " + update.pid_file +
                                " is still being read: its file system does not answer"));
    return errand;
  }
  last = errand;
  errand->timer = loop_.at(BootClock::now() + timeout, [this, errand, timeout, update] {
    give_up(
        errand, FailureCause::signal_pid_file,
        "pid file " + update.pid_file + " could not be read within " + format_duration(timeout));
  });
  const int error = start_errand([errand, update, sender = sender_, link = link_] {
    Answer answer = sender->send(update, [&] {
      Errand::State expected = Errand::State::looking;
      return errand->state.compare_exchange_strong(expected, Errand::State::going);
    });
    errand->ended = true;
    finish(link, errand, std::move(answer));
  });
  if (error != 0) {
    errand->ended = true;
    finish(link_, errand,
           Answer::not_sent(FailureCause::own_resources,
                            "cannot send a signal: " + std::string(std::strerror(error))));
  }
  return errand;
}

void SignalErrands::give_up(const std::shared_ptr<Errand>& errand, FailureCause cause,
                            const std::string& reason) {
  Errand::State expected = Errand::State::looking;
  if (!errand->state.compare_exchange_strong(expected, Errand::State::given_up)) return;
  finish(link_, errand, Answer::not_sent(cause, reason));
}

void SignalErrands::look(std::vector<SignalUpdate> updates) {
  if (updates.empty() || (looking_ && *looking_)) return;
  looking_ = std::make_shared<std::atomic<bool>>(true);
  const int error =
      start_errand([updates = std::move(updates), sender = sender_, looking = looking_] {
        for (const SignalUpdate& update : updates) sender->look(update);
        *looking = false;
      });
  if (error != 0) *looking_ = false;  // the first update finds out as well
}

}  // namespace ebbgate::local
