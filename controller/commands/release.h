#pragma once

#include <ostream>
#include <string>

#include "controller/commands/resolve.h"

namespace ebbgate::commands {

struct ReleaseOptions final {
  WrittenWorkload workload;
  std::string admin_socket;   ///< empty: off, or not known
  bool config_given = false;  ///< where it is empty, a configuration says so
};

/// `ebbgate release`: forgives a workload's level and lets its pending update go now. Returns the
/// exit code.
int release(const ReleaseOptions& options, std::ostream& out, std::ostream& err);

}  // namespace ebbgate::commands
