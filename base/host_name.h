#pragma once

#include <string>

namespace ebbgate {

/// What this machine, container or pod calls itself; empty where the system does not tell.
std::string host_name();

}  // namespace ebbgate
