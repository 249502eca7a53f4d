#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/feedback/answer.h"
#include "controller/feedback/letter.h"
#include "controller/feedback/message.h"
#include "controller/feedback/outage.h"
#include "controller/feedback/reconnect_backoff.h"
#include "controller/feedback/settings.h"
#include "metrics/feedback.h"
#include "storage/records.h"

namespace ebbgate::feedback {

/// Why a connection ended; indexes metrics::kDisconnectLabels.
enum class Ending : std::uint8_t {
  closed,
  failed,
  timeout,
  retryable,
  garbage,
  overlong,
  unasked,
  stopped,
};

/// What one peer is owed, and when to dial it (semantics, section 5). One message is acknowledged
/// before the next is sent; a message that was sent and not acknowledged is held, and sent first on
/// the next connection. At every moment accepted = delivered + rejected + dropped + queued +
/// in_flight. Pure: whoever owns it does what next() says and hands in what became of it. Not
/// thread-safe.
class Peer final {
 public:
  /// What is to be done now.
  struct Step {
    enum class What : std::uint8_t {
      dial,
      send,  ///< `letter`, and wait for its answer
      wait,  ///< until `until`, an offer, an appearance of the socket, or the connection's end
    };
    What what = What::wait;
    BootTime until = BootTime::max();
    /// Stays where and as it is until its answer, or the end of the connection, is handed in.
    const Letter* letter = nullptr;
  };

  /// What became of messages that were offered.
  struct Taken {
    std::size_t queued = 0;
    std::size_t dropped = 0;
    std::vector<storage::FeedbackRow> rows;  ///< durable: to be committed, then stored()
  };

  /// What its owner is to do beside the next step.
  struct Effects {
    std::vector<Note> notes;
    storage::Batch batch;  ///< to submit
    bool empty() const { return notes.empty() && batch.empty(); }
  };

  /// `random` gives numbers in [0, 1).
  Peer(PeerSettings settings, std::function<double()> random);

  /// What was stored, which counts as accepted; messages in their order. Once, before all else.
  void restore(const std::optional<storage::PeerRow>& row,
               std::vector<storage::FeedbackRow> messages, bool same_boot, BootTime now);
  /// Numbers of messages begin here, or behind what was restored. So none is given twice, and a
  /// late end of one message takes no other one's row.
  void number_from(std::uint64_t number);
  std::uint64_t next_number() const { return next_number_; }
  /// From now on; not while connected. A smaller queue drops the newest.
  void configure(PeerSettings settings);
  const PeerSettings& settings() const { return settings_; }

  /// The newest are dropped where the queue is full.
  Taken offer(std::vector<Message> messages);
  /// All or, where not all fit, none: nothing.
  std::optional<Taken> offer_durable(std::vector<Message> messages);
  /// Rows of durable messages were submitted, whatever became of the commit.
  void stored(const std::vector<storage::FeedbackRow>& rows);

  /// Never behind an earlier `now`. A dial or an answer must be handed in before the next step.
  Step next(BootTime now);
  void connected(BootTime now);
  /// Of a dial; `late`: there was no answer in time.
  void not_connected(bool late, const std::string& problem, BootTime now);
  /// To the letter that was sent. false: the connection is to be closed, and its end was noted.
  bool answered(const Answer& answer, BootTime now);
  /// Of a connection, also while a letter was sent. `stopped` is nobody's failure.
  void ended(Ending ending, const std::string& problem, BootTime now);
  /// The socket's file.
  void appeared(BootTime now);

  bool up() const { return state_ == State::up; }
  metrics::PeerStatus status(BootTime now);
  /// Everything that waits or was not acknowledged, in order; for good, as rows that are submitted.
  std::vector<storage::FeedbackRow> rows();
  /// Absent: there was no failure to remember.
  std::optional<storage::PeerRow> row() const;

  bool has_effects() const { return !effects_.empty(); }
  Effects take_effects();

 private:
  enum class State : std::uint8_t { down, dialling, up };
  enum class Attempt : std::uint8_t { connected, refused, timeout, closed };

  storage::FeedbackRow row_of(const Letter& letter) const;
  Letter& accept(Message message, Letter::Kept kept);
  void finish(const Letter& letter, std::uint64_t& counter);
  void finish_in_flight(std::uint64_t& counter);
  bool hold_first();
  bool spent() const;
  void trim();
  void prove(BootTime now);
  void end_attempt(Attempt attempt, const std::string& problem, BootTime now);
  void count(Attempt attempt);
  void count_standing(BootTime now);
  void keep_backoff();

  PeerSettings settings_;
  ReconnectBackoff backoff_;
  Outage outage_;
  std::deque<Letter> queue_;
  std::optional<Letter> in_flight_;
  std::uint64_t next_number_ = 1;
  std::set<std::uint64_t> finished_soon_;  // whose rows may come to the store yet

  State state_ = State::down;
  bool sent_ = false;     // in_flight_, on this connection
  bool proved_ = false;   // this connection
  bool early_ = false;    // this dial or connection
  bool counted_ = false;  // the outcome of this attempt
  BootTime connected_at_;
  std::string problem_;

  std::uint64_t accepted_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t rejected_ = 0;
  std::uint64_t dropped_ = 0;
  std::array<std::uint64_t, metrics::kReconnectOutcomeLabels.size()> attempts_{};
  std::array<std::uint64_t, metrics::kDisconnectLabels.size()> disconnects_{};
  Effects effects_;
};

}  // namespace ebbgate::feedback
