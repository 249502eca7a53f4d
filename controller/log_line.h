#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "controller/settings.h"

namespace ebbgate {

using LogField = std::pair<std::string_view, std::variant<std::string, std::int64_t, double>>;

/// A duration in seconds, to the millisecond, for a field whose key ends in `_seconds`.
double logged_seconds(Duration duration);

/// One line of the log, without its line break. It holds nothing that acts on a terminal, ends a
/// line or turns its direction, and nothing that cannot be seen: in text such characters, and bytes
/// that are no UTF-8, are escaped as in `\u202e` and `\xff`; white space of a message that is not a
/// space becomes one.
std::string log_line(LogFormat format, WallTime time, std::string_view level,
                     std::string_view message, std::initializer_list<LogField> fields);

}  // namespace ebbgate
