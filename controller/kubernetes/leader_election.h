#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "controller/kubernetes/connection.h"
#include "controller/kubernetes/lease.h"

namespace ebbgate::kubernetes {

/// Who hears of leadership. All calls come from the election's thread, must not block, and must not
/// stop the election.
class LeaderListener {
 public:
  virtual ~LeaderListener() = default;
  /// The term begins; both as LeaseCandidate tells them. Nobody led between them. Once at most.
  virtual void leading(const std::string& term, const std::string& term_before) = 0;
  /// The term is over, before another can lead. Once at most; never after stop() has returned.
  virtual void lost(const std::string& why) = 0;
  virtual void info(const std::string& line) = 0;
  /// Each kind of failure once, until a request is answered well.
  virtual void warn(const std::string& line) = 0;
};

/// Stands for election on a Lease, leads for one term at most, and ends. Owns a thread from start()
/// to stop().
class LeaderElection final {
 public:
  /// Connector and listener must outlive stop(). `random` gives numbers in [0, 1) on the election's
  /// thread. Settings: see LeaseSettings.
  LeaderElection(LeaseSettings settings, Connector& connector, LeaderListener& listener,
                 std::function<double()> random);
  ~LeaderElection();
  LeaderElection(const LeaderElection&) = delete;
  LeaderElection& operator=(const LeaderElection&) = delete;

  void start();
  /// Any thread: for how long surely no other leads, counted from when the last renewal that
  /// succeeded was sent. 0: this one does not lead.
  Duration lease_left() const;
  /// Any thread: who leads, as last seen; empty: nobody, or not known.
  std::string holder() const;
  /// Any thread: why its Lease cannot be read or written at present; empty: it can.
  std::string problem() const;
  /// Ends leading at once, and within about 1.5 s the thread. With `release` (nothing may be on
  /// its way any more that only a leader may send) another may lead at once. May be called twice.
  void stop(bool release);

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace ebbgate::kubernetes
