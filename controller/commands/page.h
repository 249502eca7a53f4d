#pragma once

#include <cstddef>
#include <vector>

#include "controller/commands/line.h"

namespace ebbgate::commands {

/// What a command shows: the rows in the middle may be cut where a window is not high enough.
struct Page {
  std::vector<Line> head;
  std::vector<std::vector<Line>> rows;
  std::vector<Line> foot;
};

/// At most `height` lines (2 at least) of a page, with "… n more" where something is left out:
/// rows, down to half of the height, then whatever stands last.
std::vector<Line> fitted(const Page& page, std::size_t height);

}  // namespace ebbgate::commands
