#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/workload_key.h"

namespace ebbgate::simulation {

enum class EventKind : std::uint8_t {
  fingerprint,  ///< the workload's configuration now is `fingerprint`; its first: what it runs with
  ready,        ///< its last rollout became ready, or (`ready` false) surely did not
  fails,        ///< its next `count` updates are refused
  restart,      ///< a clean stop and start of Ebbgate
  crash,        ///< kill -9 and start
};

struct Event {
  Duration at{};
  EventKind kind = EventKind::fingerprint;
  std::uint32_t workload = 0;  ///< an index into Trace::workloads
  std::string fingerprint;
  bool ready = false;
  int count = 0;
};

/// A workload of a trace. It is judged when the trace says anywhere when it is ready.
struct TracedWorkload {
  WorkloadKey key;
  bool judged = false;
};

/// What happened, in order of time. A workload's first event is its first fingerprint.
struct Trace {
  std::vector<TracedWorkload> workloads;
  std::vector<Event> events;
};

struct ParsedTrace {
  Trace trace;
  /// `line N: what is wrong; what would be right`, at most the first 20. Empty when all is well.
  std::vector<std::string> problems;
};

/// Reads a trace as docs/simulate.md describes it, to the end of `input`.
ParsedTrace parse_trace(std::istream& input);

}  // namespace ebbgate::simulation
