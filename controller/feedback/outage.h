#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace ebbgate::feedback {

/// A line for the log.
struct Note {
  enum class Level : std::uint8_t { debug, info, warn };
  Level level = Level::debug;
  std::string text;
};

/// Words a peer's failures for the log: a warning for the first of an outage, one line for the
/// recovery, everything else at debug; of one attempt at most one line above that, save when its
/// connection ends long after. Pure; not thread-safe.
class Outage final {
 public:
  /// One that an earlier process had begun to see.
  void restore(BootTime since);

  void dialled();
  /// `dropped` is the count of all dropped messages so far. `retry_in` is absent where a try is
  /// due.
  Note failed(const std::string& problem, std::optional<Duration> retry_in, std::uint64_t dropped,
              BootTime now);
  /// The first proof on a connection.
  Note proved(std::uint64_t dropped, BootTime now);

 private:
  static constexpr Duration kLongAfter = std::chrono::minutes(2);

  struct Begun {
    BootTime at;
    std::uint64_t dropped = 0;
    int attempts = 0;
  };
  std::optional<Begun> begun_;
  bool warned_ = false;
  std::optional<BootTime> written_at_;  // when a line above debug told of the last attempt
};

}  // namespace ebbgate::feedback
