#pragma once

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>

#include "base/clock.h"

namespace ebbgate::commands {

struct StatusOptions final {
  std::string url = "http://127.0.0.1:9911";
  bool json = false;
  bool watch = false;
  bool terminal = false;   ///< colour, and a screen to repaint while watching
  std::size_t width = 80;  ///< characters of a line
  /// While watching: waits until the next look; false ends the watch.
  std::function<bool()> wait;
};

/// `ebbgate status`: prints a table of all workloads, and one of feedback's peers where there are
/// any. Returns the exit code. While watching, only a first look that fails ends it.
int show_status(const StatusOptions& options, const Clock& clock, std::ostream& out,
                std::ostream& err);

}  // namespace ebbgate::commands
