#pragma once

#include <string_view>

#include "controller/configuration/usage.h"

namespace CLI {
class App;
}

namespace ebbgate::configuration {

/// What the group of flags that are settings begins with.
inline constexpr std::string_view kSettings = "Settings";

/// Reads a description from where help has it, so that the two cannot differ. An argument's value
/// is told by its name: `workload`, `trace` (a file).
Usage describe(const CLI::App& app);

}  // namespace ebbgate::configuration
