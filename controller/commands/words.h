#pragma once

#include <string>

#include "base/clock.h"

namespace ebbgate::commands {

/// At most two units, rounded to seconds: `8s`, `1m4s`, `2h`, `3d4h`.
std::string rough(Duration duration);

/// How far off the time is in the API's JSON: `in 8s`, `12s ago`, `now`; the text itself where it
/// is no time.
std::string from_now(const std::string& time, WallTime now);

/// The same for a time that is due: `now` where it is past.
std::string due(const std::string& time, WallTime now);

}  // namespace ebbgate::commands
