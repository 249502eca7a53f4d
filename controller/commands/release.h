#pragma once

#include <ostream>
#include <string>

#include "controller/commands/resolve.h"

namespace ebbgate::commands {

struct ReleaseOptions final {
  WrittenWorkload workload;
  std::string admin_socket;   ///< empty: it is off, or the flag is
  bool socket_given = false;  ///< a configuration or a flag tells of it, and not the default alone
  bool by_flag = false;       ///< a flag tells of it
};

/// `ebbgate release`: forgives a workload's level and lets its pending update go now. Returns the
/// exit code.
int release(const ReleaseOptions& options, std::ostream& out, std::ostream& err);

}  // namespace ebbgate::commands
