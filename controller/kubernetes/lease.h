#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "controller/kubernetes/lease_record.h"

namespace ebbgate::kubernetes {

/// How leadership is held. duration > renew > retry > 0.
struct LeaseSettings final {
  std::string namespace_name;
  std::string name = "ebbgate";
  std::string identity;  ///< of this process alone; the same after a restart in place
  Duration duration = std::chrono::seconds(15);
  Duration renew = std::chrono::seconds(10);
  Duration retry = std::chrono::seconds(2);
};

/// One candidate for a Lease, with the rules of Kubernetes' own controllers: it takes a Lease that
/// does not exist, was released, is its own, or was not seen to change for its duration on our
/// clock (the holder's clock never counts); it renews every `retry`, and gives up when it could not
/// for `renew`, which is before another may take it. After that it never leads again. Pure: whoever
/// owns it sends what next() says and hands in what became of it. Not thread-safe.
class LeaseCandidate final {
 public:
  enum class Phase : std::uint8_t { waiting, leading, lost };

  /// What is to be done now.
  struct Step {
    enum class What : std::uint8_t { wait, read, create, update, end };
    What what = What::end;
    BootTime until;     ///< of wait
    std::string body;   ///< of create and update
    Duration deadline;  ///< of a request
  };

  /// What became of a request.
  struct Answer {
    enum class What : std::uint8_t {
      lease,      ///< read or written; `lease` has it
      not_found,  ///< of read alone: there is no Lease
      conflict,   ///< somebody else wrote first
      failed,     ///< all else, also where it may have been written
    };
    What what = What::failed;
    LeaseObject lease;
    Duration retry_after{0};
    std::string error;  ///< of failed, for lost_because()
  };

  /// `random` gives numbers in [0, 1).
  LeaseCandidate(LeaseSettings settings, std::function<double()> random);

  /// Never behind an earlier `now`. A request must be answered before the next step.
  Step next(const Instant& now);
  /// Of the request of the last step, which began to be sent at `sent`.
  void answered(const Answer& answer, BootTime sent, BootTime now);

  Phase phase() const { return phase_; }
  /// Until when surely no other leads, while this one does.
  BootTime leads_until() const;
  /// Of a leader: its term, and the last one before it that the Lease tells of, which is the same
  /// where it goes on after a restart. Empty: there was no Lease.
  std::string term() const { return term_of(seen_); }
  const std::string& term_before() const { return term_before_; }
  const std::string& lost_because() const { return lost_because_; }
  /// Who holds it, as last seen; empty: nobody, or not known.
  const std::string& holder() const { return seen_.record.holder; }

  /// Ends leading; what is to be written so that others need not wait, once nothing is sent any
  /// more that only a leader may send. Nothing when it is not held, as far as is known: where the
  /// write failed, ask again after the answer to a read.
  std::optional<std::string> release(const Instant& now);

 private:
  using What = Step::What;

  Step request(What what, const Instant& now);
  LeaseRecord own_record(const Instant& now) const;
  bool may_take(BootTime now) const;
  void see(const LeaseObject& lease, BootTime now);
  void after_read(BootTime now);
  void written(const LeaseObject& lease, BootTime sent, BootTime now);
  void try_later(BootTime now, Duration at_least);
  void lose(std::string why);

  const LeaseSettings settings_;
  const std::function<double()> random_;
  Phase phase_ = Phase::waiting;
  What asked_ = What::wait;  // the last request
  What then_ = What::read;   // the next one
  BootTime not_before_;
  bool exists_ = false;
  LeaseObject seen_;
  BootTime changed_at_;   // when seen_'s record was first seen
  bool reached_ = false;  // this process may have written itself into the Lease
  std::string term_before_;
  bool conflicted_ = false;
  BootTime renewed_at_;  // when the last renewal that succeeded was sent
  std::string last_error_;
  std::string lost_because_;
};

}  // namespace ebbgate::kubernetes
