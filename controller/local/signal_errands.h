#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/local/signal_update.h"
#include "controller/local/update_loop.h"

namespace ebbgate::local {

/// Sends signals from threads of their own: a pid file may be on a file system that hangs. A thread
/// that does is left alone, even beyond the end of this object, and while it hangs nothing else is
/// begun with that file. Belongs to the loop's thread, but for stop().
class SignalErrands final {
 public:
  using Answered = std::function<void(Answer answer)>;

  /// One signal on its way.
  struct Errand {
    enum class State { looking, going, given_up };
    std::atomic<State> state = State::looking;
    std::atomic<bool> ended = false;  // its thread has
    UpdateLoop::Timer timer;
    Answered answered;  // until it is
  };

  explicit SignalErrands(UpdateLoop& loop);
  ~SignalErrands() { stop(); }
  SignalErrands(const SignalErrands&) = delete;
  SignalErrands& operator=(const SignalErrands&) = delete;

  /// `answered` is called once, later: when the signal was sent or refused, at the latest after
  /// `timeout`.
  std::shared_ptr<Errand> send(const SignalUpdate& update, Duration timeout, Answered answered);
  /// If the signal was not sent yet, it never is, and the answer says why.
  void give_up(const std::shared_ptr<Errand>& errand, FailureCause cause,
               const std::string& reason);
  /// Gets to know the processes that these files name now.
  void look(std::vector<SignalUpdate> updates);

  /// No answer comes any more. To be called when the loop has ended.
  void stop();

 private:
  struct Link;  // to the loop, for threads that may outlive it

  static void finish(const std::shared_ptr<Link>& link, const std::shared_ptr<Errand>& errand,
                     Answer answer);

  UpdateLoop& loop_;
  const std::shared_ptr<Link> link_;
  const std::shared_ptr<SignalSender> sender_ = std::make_shared<SignalSender>();
  std::map<std::string, std::shared_ptr<Errand>> errands_;  // the last one of each file
  std::shared_ptr<std::atomic<bool>> looking_;              // whether the last look goes on
};

}  // namespace ebbgate::local
