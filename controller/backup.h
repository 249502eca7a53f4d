#pragma once

#include <iosfwd>
#include <string>

#include "controller/settings.h"

namespace ebbgate {

/// `ebbgate backup`: copies the state to one file, beside a process at work or without one. The
/// exit code.
int backup(const Settings& settings, const std::string& file, bool overwrite, std::ostream& out,
           std::ostream& err);

}  // namespace ebbgate
