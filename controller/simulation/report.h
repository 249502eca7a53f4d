#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>

#include "base/clock.h"
#include "base/workload_key.h"
#include "controller/governor/gate.h"

namespace ebbgate::simulation {

/// What a whole simulation came to.
struct Summary {
  std::uint64_t changes = 0;
  std::uint64_t updates = 0;
  std::uint64_t coalesced = 0;
  std::uint64_t pending = 0;  ///< changes that still wait at the end
  int highest_level = 0;
  Duration longest_wait{};  ///< from the first unsent change to its update
};

/// One decision, as people and programs are told of it.
struct Line {
  Duration at{};
  const WorkloadKey* workload = nullptr;
  std::string_view action;  ///< update, hold, coalesce, forgive, retry, time_out
  std::string_view fingerprint = {};
  int level = 0;
  std::optional<governor::Gate> gate = {};
  std::optional<Duration> until = {};
  int failures = 0;  ///< of a refusal: how many in a row there are with it
};

/// Writes decisions as JSON lines, or as a table with a summary below.
class Report final {
 public:
  /// `workload_width`: the longest workload name of the table. Keeps a reference to `out`.
  Report(std::ostream& out, bool json, std::size_t workload_width);
  void add(const Line& line);
  void finish(const Summary& summary);

 private:
  void add_json(const Line& line);
  void add_row(const Line& line);

  std::ostream& out_;
  bool json_;
  std::size_t workload_width_;
};

}  // namespace ebbgate::simulation
