#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "controller/governor/failure_cause.h"

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
  /// How long a detail is at most, in bytes.
  static constexpr std::size_t kMaxDetail = 1024;

  Outcome outcome = Outcome::unknown;
  /// Nothing left this process: the budget's token comes back. Only with `refused`.
  bool nothing_sent = false;
  /// The other side's wish, on top of the retry backoff. Only with `refused`.
  std::optional<Duration> retry_after;
  /// For people: what a command printed last, the HTTP status and the beginning of what was
  /// answered, the API server's message, what went wrong and what to do. Without headers'
  /// values, credentials and queries. The Controller makes it printable and short.
  std::string detail = {};
  /// The workload was not as it was last seen: it is decided anew at once, but for the retry
  /// backoff when that happens twice in a row. Only with `refused`.
  bool decide_anew = false;
  /// Of everything but `applied`.
  std::optional<FailureCause> cause = {};

  static Answer applied(std::string detail) {
    return {Outcome::applied, false, std::nullopt, std::move(detail)};
  }
  static Answer unknown(FailureCause cause, std::string detail) {
    return {Outcome::unknown, false, std::nullopt, std::move(detail), false, cause};
  }
  /// Refused by the other side.
  static Answer refused(FailureCause cause, std::string detail) {
    return {Outcome::refused, false, std::nullopt, std::move(detail), false, cause};
  }
  /// Refused, for nothing left this process.
  static Answer not_sent(FailureCause cause, std::string detail) {
    return {Outcome::refused, true, std::nullopt, std::move(detail), false, cause};
  }
};

}  // namespace ebbgate
