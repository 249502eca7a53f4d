#pragma once

#include <string>
#include <vector>

#include "controller/settings.h"

namespace ebbgate::configuration {

/// What differs between the settings in force and new ones and needs a restart, each as
/// `listen: …`. Unless it is empty, the new settings must be refused as a whole.
std::vector<std::string> needs_restart(const Settings& in_force, const Settings& wanted);

}  // namespace ebbgate::configuration
