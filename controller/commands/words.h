#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace ebbgate::commands {

/// Without what could move a terminal's cursor or colour it: control characters become `?`.
std::string printable(std::string_view text);

/// At most two units, rounded to seconds: `8s`, `1m4s`, `2h`, `3d4h`.
std::string rough(Duration duration);

/// How far off the time is in the API's JSON: `in 8s`, `12s ago`, `now`; the text itself where it
/// is no time.
std::string from_now(const std::string& time, WallTime now);

}  // namespace ebbgate::commands
