#pragma once

#include <string>

#include "controller/commands/line.h"

namespace ebbgate::commands {

/// How much a state of a workload asks for somebody's attention.
Tone tone_of_state(const std::string& state);

/// The same of an event of the history, or an outcome.
Tone tone_of_event(const std::string& event);

}  // namespace ebbgate::commands
