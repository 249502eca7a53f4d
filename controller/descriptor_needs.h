#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "controller/settings.h"

namespace ebbgate {

/// How many descriptors a process with these settings needs at least, the three standard ones
/// included. docs/operations.md names the numbers.
std::size_t fewest_descriptors(const Settings& settings);

/// Why it cannot run with as many as it may have, and what to do. Nothing: it can.
std::optional<std::string> lack_of_descriptors(const Settings& settings);

/// How many of those that it may have are for the updates and probes of local workloads.
std::size_t descriptors_for_updates(const Settings& settings);

}  // namespace ebbgate
