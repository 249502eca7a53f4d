#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "controller/controller.h"
#include "controller/provider.h"
#include "storage/state_store.h"

namespace ebbgate {

/// The one thread that owns a Controller: a mailbox for what others say, and a timer for what is
/// due. Questions are answered one at a time, each after all that is in the mailbox and before the
/// controller's next turn, so that those who look hold no decision up, however many they are.
///
/// Every method but start() and stop() may be called from any thread; none but stop() and ask()
/// waits.
class Loop final : public ProviderListener, public storage::StateStoreListener {
 public:
  /// Throws std::system_error where the kernel refuses a descriptor.
  Loop();
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs the controller, which must outlive stop(), from now on. `on_turn` is told how long each
  /// turn took, on the loop's thread. Throws NoThread.
  void start(Controller& controller, std::function<void(Duration)> on_turn);
  /// Ends decisions, waits at most `patience` for updates that were begun but not sent to be called
  /// off, calls `in_between` (during which events still come in), and takes in the last of them.
  /// Where it does not run (any more), it only calls `in_between`.
  void stop(Duration patience, const std::function<void()>& in_between);

  /// Runs `action` on the loop's thread.
  void post(std::function<void(Controller&)> action);

  /// Runs `question` on the loop's thread and waits for its answer; nothing if it did not come
  /// within `patience`, in which case the question may never run.
  template <class Answer>
  std::optional<Answer> ask(Duration patience, std::function<Answer(Controller&)> question) {
    const auto asked = std::make_shared<Asked<Answer>>();
    std::future<Answer> answer = asked->answer.get_future();
    add_question([asked, question = std::move(question)](Controller& controller) {
      if (asked->given_up) return;
      asked->answer.set_value(question(controller));
    });
    if (answer.wait_for(patience) != std::future_status::ready) {
      asked->given_up = true;
      return std::nullopt;
    }
    return answer.get();
  }

  /// False when something has waited in the mailbox for longer than `patience`.
  bool turning(Duration patience) const;

  void observed(Observation observation) override;
  void gone(const WorkloadKey& key) override;
  void listed() override;
  void prepared(AttemptId attempt, std::string witness) override;
  void answered(AttemptId attempt, Answer answer) override;
  void rolled_out(const WorkloadKey& key, bool ready, std::string why) override;
  void not_ready_yet(const WorkloadKey& key, std::string found) override;
  void committed(storage::Sequence sequence) override;
  void commit_failed(const std::string& error) override;
  void marked_lost(bool durable) override;

 private:
  using Event = std::function<void(Controller&)>;
  template <class Answer>
  struct Asked {
    std::promise<Answer> answer;
    std::atomic<bool> given_up = false;
  };

  void add_question(Event question) EBBGATE_EXCLUDES(mutex_);
  // Notes that something waits; whether the thread must be woken for it.
  bool expect_something() EBBGATE_REQUIRES(mutex_);
  bool something_waits() const EBBGATE_REQUIRES(mutex_);
  void run(Controller& controller);
  // Takes the events that are there and one question, and turns; false when the loop is to end.
  bool round(Controller& controller);
  void sleep(std::optional<BootTime> until) EBBGATE_EXCLUDES(mutex_);
  void arm_timer(std::optional<BootTime> until);
  void end();
  void wake() const;

  mutable Mutex mutex_;
  std::vector<Event> events_ EBBGATE_GUARDED_BY(mutex_);
  std::deque<Event> questions_ EBBGATE_GUARDED_BY(mutex_);
  // Since when something waits and the loop has not turned.
  std::optional<BootTime> waiting_since_ EBBGATE_GUARDED_BY(mutex_);
  bool ending_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool asleep_ EBBGATE_GUARDED_BY(mutex_) = false;  // or about to be: it must be woken
  std::function<void(Duration)> on_turn_;
  std::optional<BootTime> armed_;  // what the timer is set to
  int wake_fd_;
  int timer_fd_;
  Thread thread_;
};

}  // namespace ebbgate
