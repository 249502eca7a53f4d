#pragma once

#include "controller/configuration/load.h"
#include "controller/settings.h"

namespace ebbgate {

/// `ebbgate run`: the controller in the foreground, until SIGTERM or SIGINT; SIGHUP reads `source`
/// again. Returns the exit code: 0 after a clean end, 1 when it could not start or its state could
/// not be written at the end (it then does not return, but ends the process).
///
/// Call before any thread is started: it blocks the signals that it waits for.
int run(Settings settings, const configuration::Source& source,
        const std::vector<std::string>& warnings);

}  // namespace ebbgate
