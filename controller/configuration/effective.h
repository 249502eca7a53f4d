#pragma once

#include <string>

#include "controller/settings.h"

namespace ebbgate::configuration {

/// The settings as YAML text that load() reads back as the same settings, except for what is
/// masked (see masking.h), and what belongs to the provider that is not used, which is left out.
std::string effective_yaml(const Settings& settings);

}  // namespace ebbgate::configuration
