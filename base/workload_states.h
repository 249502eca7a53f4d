#pragma once

#include <array>
#include <string_view>

namespace ebbgate {

/// The states of a workload, as the API, commands and the status page name them: it has the first
/// one that holds.
inline constexpr std::array<std::string_view, 8> kWorkloadStates{
    "held", "missing", "updating", "failing", "waiting", "unhealthy", "rolling", "idle"};

}  // namespace ebbgate
