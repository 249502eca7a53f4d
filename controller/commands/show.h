#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "base/clock.h"
#include "controller/commands/api_client.h"
#include "controller/commands/display.h"
#include "controller/commands/page.h"

namespace ebbgate::commands {

/// What a command shows of a running Ebbgate.
class View {
 public:
  virtual ~View() = default;
  /// Looks anew. After an error, what the last good look saw stays.
  virtual Answer look() = 0;
  /// Of the last good look: for programs, one line without its end.
  virtual std::string as_json() const = 0;
  /// Of the last good look: for people.
  virtual Page page(WallTime now, const Display& display) const = 0;
};

struct ShowOptions final {
  bool json = false;
  bool watch = false;
  /// What is looked at: a watch for people says it, and when it looked. Empty: it says neither.
  std::string place;
  /// Where it goes; asked again before each look is shown.
  std::function<Display()> display = [] { return Display(); };
  /// While watching: waits until the next look; false ends the watch.
  std::function<bool()> wait;
};

/// Prints a view, or goes on printing it: on a terminal in place, otherwise one block below the
/// other, with JSON one line each. `command` is what errors begin with. Returns the exit code:
/// while watching, only a first look that fails is an error; later, what was seen stays, and it is
/// said since when it is old.
int show(View& view, const ShowOptions& options, const std::string& command, const Clock& clock,
         std::ostream& out, std::ostream& err);

}  // namespace ebbgate::commands
