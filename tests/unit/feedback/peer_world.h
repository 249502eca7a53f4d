#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/feedback/peer.h"
#include "tests/unit/feedback/peer_support.h"

namespace ebbgate::feedback::testing {

/// Numbers that a case draws from; it shrinks to all zeros, where nothing goes wrong.
class Luck final {
 public:
  explicit Luck(std::vector<unsigned> numbers) : numbers_(std::move(numbers)) {}
  unsigned below(unsigned end) { return numbers_[place_++ % numbers_.size()] % end; }

 private:
  std::vector<unsigned> numbers_;
  std::size_t place_ = 0;
};

/// A Peer in virtual time, through processes that end and crash, with a simulated receiver and
/// disk, beside a plain model of what must hold: which messages are outstanding in which order, how
/// often each was sent, and when the receiver may be dialled. The property fails where they differ.
class PeerWorld final {
 public:
  explicit PeerWorld(Luck luck);

  /// Something happens.
  void act();
  /// From now on the receiver takes everything, and nobody offers: until nothing is outstanding.
  void drain();

  int sends() const { return sends_; }
  int crashes() const { return crashes_; }
  int early_dials() const { return early_dials_; }
  int spent() const { return spent_; }

 private:
  void offer();
  void finish_offer();
  void turn();
  void dial();
  void send(const Letter& letter);
  void wait(BootTime until);
  void fail();
  void end_connection(Ending ending);
  void give_up();
  void keep_oldest(std::size_t count);
  void reconfigure();
  void restart();
  void crash();
  void begin(bool same_boot);
  void commit(std::size_t batches);
  void collect();
  void check();
  Duration delay() const;
  int highest() const;

  Luck luck_;
  BootTime now_{std::chrono::hours(1)};
  PeerSettings settings_ = settings_of("p");
  std::unique_ptr<Peer> peer_;
  bool calm_ = false;
  int next_id_ = 1;

  // The model.
  struct Outstanding {
    int id = 0;
    int attempts = 0;
    bool promised = false;  // durable, and acknowledged to who offered it
  };
  std::deque<Outstanding> outstanding_;
  int newest_received_ = 0;
  std::set<int> received_;  // or given up
  int level_ = 0;
  BootTime failed_at_;
  bool appeared_ = false;
  bool early_used_ = false;
  bool early_ = false;

  // The disk, and what is on its way there.
  std::map<std::uint64_t, storage::FeedbackRow> rows_;
  std::optional<storage::PeerRow> backoff_;
  std::deque<storage::Batch> under_way_;
  std::deque<std::vector<storage::FeedbackRow>> offers_;  // not submitted yet

  int sends_ = 0;
  int crashes_ = 0;
  int early_dials_ = 0;
  int spent_ = 0;
};

}  // namespace ebbgate::feedback::testing
