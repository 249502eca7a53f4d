#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ebbgate {

/// Reads a duration as Prometheus and Go write it: `500ms`, `10s`, `1m30s`, `1h`; also `0`. Units
/// ns, us, ms, s, m, h, d; numbers may have a fraction. Nothing when it is not one or overflows.
std::optional<Duration> parse_duration(std::string_view text);

/// The shortest such text of a duration: `1m30s`, `500ms`, `0s`.
std::string format_duration(Duration duration);

/// RFC 3339 in UTC with milliseconds: `2026-12-24T18:00:00.000Z`.
std::string format_time(WallTime time);

/// Reads RFC 3339 with `Z` or an offset. Nothing when it is not one.
std::optional<WallTime> parse_time(std::string_view text);

/// One word of a POSIX shell's command line, in quotes where it needs them.
std::string shell_word(const std::string& text);

}  // namespace ebbgate
