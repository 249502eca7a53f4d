#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace ebbgate {

/// One try to update a workload. Ids are never used twice within a process.
using AttemptId = std::uint64_t;

/// What became of an update (semantics, section 1).
enum class Outcome : std::uint8_t {
  applied,  ///< a success
  refused,  ///< surely never took effect
  unknown,  ///< all else
};

struct Answer {
  Outcome outcome = Outcome::unknown;
  /// Nothing left this process: the budget's token comes back. Only with `refused`.
  bool nothing_sent = false;
  /// The other side's wish, on top of the retry backoff. Only with `refused`.
  std::optional<Duration> retry_after;
  /// One line for people: the exit status, an HTTP status, what went wrong and what to do.
  std::string detail = {};
  /// The workload was not as it was last seen: it is decided anew at once, but for the retry
  /// backoff when that happens twice in a row. Only with `refused`.
  bool decide_anew = false;
};

}  // namespace ebbgate
