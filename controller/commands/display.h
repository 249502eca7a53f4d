#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "controller/commands/display_text.h"

namespace ebbgate::commands {

/// Where a command prints. By default a pipe or a file: whole, plain, and each look below the last.
struct Display final {
  bool terminal = false;
  bool colour = false;   ///< a terminal that has it, and nobody minds
  bool repaint = false;  ///< its cursor can be moved: a watch stays in place
  std::size_t width = kAnyWidth;
  std::size_t height = kAnyWidth;
};

/// Of a window; 0: not known.
struct WindowSize final {
  std::size_t width = 0;
  std::size_t height = 0;
};

/// `variable` gives a variable of the environment, as getenv does. A window that does not know its
/// size has that of COLUMNS and LINES, or 80 times 24. NO_COLOR takes colour, TERM=dumb everything
/// but plain text.
Display terminal_display(const WindowSize& window,
                         const std::function<const char*(const char*)>& variable);

/// Where standard output goes, as it is now.
Display standard_output();

/// Lets SIGINT and SIGTERM end the program with the terminal's colours and cursor as they should
/// be, and a window's change of size end wait_for_the_next_look. Call once.
void end_sanely();

/// A second, or less where the window changed its size.
void wait_for_the_next_look();

}  // namespace ebbgate::commands
