#pragma once

#include <string>

#include "controller/configuration/usage.h"

namespace ebbgate::commands {

/// The man page ebbgate(1), in mdoc: every command and flag as help has them, and prose around
/// them.
std::string manual(const configuration::Usage& usage);

}  // namespace ebbgate::commands
