#pragma once

#include <iosfwd>

#include "controller/configuration/load.h"

namespace ebbgate {

/// `ebbgate check`: prints the effective configuration, secrets masked, and what a start would make
/// of the stored state, as comments above it; changes neither. Returns the exit code: 2 where the
/// configuration is wrong, 1 where a start would refuse the database. What is named there but not
/// on this host is warned of; where there are warnings, how many is the last line of `err`.
int check(const configuration::LoadResult& loaded, std::ostream& out, std::ostream& err);

}  // namespace ebbgate
