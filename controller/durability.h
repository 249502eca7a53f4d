#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/governor/fair_queue.h"
#include "controller/governor/outcome.h"
#include "storage/state_store.h"

namespace ebbgate {

/// Tells when what was submitted to the store may be acted on (semantics, section 2): when its
/// commit is answered; or, while the store is degraded, once the lock file says that the state is
/// to be treated as lost. Pure; the loop's thread only.
class Durability {
 public:
  /// Something that waits for its commit: an attempt, or (attempt 0) the first commit of all.
  struct Waiting {
    storage::Sequence sequence = 0;
    governor::Handle workload = 0;
    AttemptId attempt = 0;
  };

  /// A commit without an answer for so long makes the store degraded, and a mark that could not be
  /// set is asked for again after as long.
  static constexpr Duration kPatience = std::chrono::seconds(1);

  void submitted(storage::Sequence sequence, BootTime now);
  void wait_for(const Waiting& waiting) { waiting_.push_back(waiting); }

  /// Each returns what need not wait any more.
  std::vector<Waiting> committed(storage::Sequence sequence, BootTime now);
  std::vector<Waiting> marked_lost(bool durable, BootTime now);
  void commit_failed(const std::string& error);

  /// Notices commits that take too long. True: mark_lost() must be asked for now.
  bool turn(BootTime now);
  std::optional<BootTime> next_turn() const;

  bool degraded() const { return degraded_; }
  /// Why it is degraded, for people.
  const std::string& reason() const { return reason_; }

 private:
  struct Submission {
    storage::Sequence sequence = 0;
    BootTime at;
  };

  std::vector<Waiting> free_up_to(storage::Sequence sequence);

  std::deque<Submission> unanswered_;
  std::deque<Waiting> waiting_;  // by sequence
  bool degraded_ = false;
  std::string reason_;
  // The mark asked for holds for what had been submitted when it was asked for.
  std::optional<storage::Sequence> mark_asked_for_;
  BootTime next_mark_;
};

}  // namespace ebbgate
