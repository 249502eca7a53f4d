#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/configuration/named_path.h"

namespace ebbgate {

/// How long the file system may take to answer for one path, and for all.
struct PatienceForPaths final {
  Duration each = std::chrono::seconds(2);
  Duration all = std::chrono::seconds(10);
};

/// What is not there of what a configuration names, or is not what it should be: each with its
/// place and what to do. A file system that does not answer is told as such, and what the time does
/// not suffice for is counted. Threads that wait for a file system may stay behind.
std::vector<std::string> what_is_absent(const std::vector<configuration::NamedPath>& paths,
                                        const PatienceForPaths& patience = {});

}  // namespace ebbgate
