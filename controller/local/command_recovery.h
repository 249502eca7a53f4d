#pragma once

#include <string>

#include "base/workload_key.h"
#include "controller/local/command.h"

namespace ebbgate::local {

/// What names a command's process after this process is gone: pid, start in clock ticks, and the
/// boot in which that holds.
std::string witness_of(const Command& command);

/// Ends what the witness names, and waits for it, at most two seconds. A process with that pid but
/// another start is a stranger and left alone. Where the leader itself is gone, those of its group
/// end that were started for this workload by their environment.
void end_survivor(const WorkloadKey& key, const std::string& witness);

}  // namespace ebbgate::local
