#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/thread.h"
#include "controller/feedback/feedback_service.h"
#include "controller/feedback/peer.h"
#include "controller/feedback/peer_connection.h"
#include "controller/feedback/socket_watch.h"
#include "controller/feedback/wake.h"

namespace ebbgate::feedback {

/// Delivers to one Peer on a thread of its own. Who offers only holds the lock for a moment, and
/// never waits for the socket.
class PeerThread final {
 public:
  using Parts = FeedbackService::Parts;

  /// `parts` and what is in them must outlive it. Nothing is dialled before start(). Throws
  /// std::system_error where no descriptor is to be had.
  PeerThread(Peer peer, const Parts& parts);
  ~PeerThread();
  PeerThread(const PeerThread&) = delete;
  PeerThread& operator=(const PeerThread&) = delete;

  /// make_thread(), start(), configure(), ask_to_stop() and end(): one thread at a time.
  /// Makes the thread, which does nothing yet. 0, or the errno that says why there is none.
  [[nodiscard]] int make_thread();
  /// Begins, with a thread that was made. Throws NoThread where it must be made and cannot.
  void start();
  /// Begins anew with what it has, and a new connection, on the same thread.
  void configure(PeerSettings settings);
  /// Its thread ends soon.
  void ask_to_stop();

  struct Left {
    std::optional<storage::PeerRow> row;
    std::vector<storage::FeedbackRow> messages;
    std::uint64_t next_number = 1;  ///< as Peer has it
  };
  /// Stops it for good, and gives what is left: rows to be submitted. Nothing is taken from then
  /// on. Again: nothing is left.
  Left end();

  PeerSettings settings() const;
  metrics::PeerStatus status();

  enum class Refusal : std::uint8_t { full, ended };
  struct Offer {
    std::optional<Refusal> refusal;
    Peer::Taken taken;
  };
  /// Any thread. Durable: the rows are to be committed, and then, whatever came of it, stored()
  /// told.
  Offer offer(std::vector<Message> messages, bool durable);
  void stored(const std::vector<storage::FeedbackRow>& rows);

 private:
  struct Event;

  void run();
  // Until it is to stop, or to go on with other settings.
  void deliver();
  // Whether it is to deliver (again); false: never any more.
  bool await_start() EBBGATE_EXCLUDES(mutex_);
  void begin() EBBGATE_EXCLUDES(mutex_);
  void apply(Event& event, BootTime now) EBBGATE_REQUIRES(mutex_);
  Event perform(const Peer::Step& step, const PeerSettings& settings, BootTime now);
  Event dial(const PeerSettings& settings);
  Event send(const Letter& letter);
  Event wait(Duration left);
  void join();
  void carry_out(Peer::Effects effects);

  const Parts& parts_;
  const std::string name_;
  std::optional<SocketWatch> watch_;
  PeerConnection connection_;
  AnswerReader answers_;
  Wake wake_;
  Thread thread_;

  mutable Mutex mutex_;
  Peer peer_ EBBGATE_GUARDED_BY(mutex_);
  bool idle_ EBBGATE_GUARDED_BY(mutex_) = false;  // connected, and asleep until there is an offer
  Condition changed_;
  bool begun_ EBBGATE_GUARDED_BY(mutex_) = false;       // and the thread has not taken notice
  bool delivering_ EBBGATE_GUARDED_BY(mutex_) = false;  // from begin() to the thread's rest
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool over_ EBBGATE_GUARDED_BY(mutex_) = false;  // there is no further start
  bool ended_ EBBGATE_GUARDED_BY(mutex_) = false;
};

}  // namespace ebbgate::feedback
