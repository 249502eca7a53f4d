#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "controller/governor/governor.h"
#include "controller/simulation/report.h"
#include "controller/simulation/trace.h"

namespace ebbgate::simulation {

/// Replays a trace through the Governor in virtual time. Commits and updates take no time; what is
/// committed survives restarts and crashes, and nothing else does. The same trace and settings
/// always give the same report.
class Replay final {
 public:
  /// Keeps references to `trace` and `report`.
  Replay(const Trace& trace, std::shared_ptr<const governor::Policy> policy,
         const governor::Limits& limits, Report& report);

  /// Replays all, then runs on until everything has come to rest. False when that takes more than
  /// a million turns.
  bool run();
  const Summary& summary() const { return summary_; }

 private:
  struct State {
    std::optional<governor::Handle> handle;
    std::string_view fingerprint;  // what its configuration is now, in the trace's words
    governor::Memory stored;       // as committed
    int failures_left = 0;
    std::optional<Duration> pending_since;  // the first unsent change
  };

  Instant instant() const;
  void start(double tokens);
  void start_again();
  void add(std::uint32_t workload);
  void happen(const Event& event);
  void set_fingerprint(const Event& event);
  void turn_until(Duration until);
  void turn();
  void act(const governor::Decision& decision);
  void send(const governor::Decision& decision);
  void tell(const governor::Decision& decision, std::string_view action);

  const Trace& trace_;
  std::shared_ptr<const governor::Policy> policy_;
  governor::Limits limits_;
  Report& report_;
  Duration now_{};
  std::mt19937_64 random_{1};
  std::vector<State> states_;               // by workload
  std::vector<std::uint32_t> workload_of_;  // by handle
  std::unique_ptr<governor::Governor> governor_;
  Summary summary_;
};

}  // namespace ebbgate::simulation
