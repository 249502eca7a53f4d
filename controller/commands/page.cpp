#include "controller/commands/page.h"

#include <algorithm>
#include <string>

namespace ebbgate::commands {

namespace {

Line more(std::size_t count, const char* what) {
  return {{"… " + std::to_string(count) + " more" + what, Tone::quiet}};
}

std::size_t lines_in(const Page& page) {
  std::size_t count = page.head.size() + page.foot.size();
  for (const auto& row : page.rows) count += row.size();
  return count;
}

}  // namespace

std::vector<Line> fitted(const Page& page, std::size_t height) {
  height = std::max<std::size_t>(height, 2);
  const bool all = lines_in(page) <= height;
  std::vector<Line> lines = page.head;
  const std::size_t fixed = page.head.size() + page.foot.size() + 1;
  std::size_t room = std::max(height > fixed ? height - fixed : 0, height / 2);
  std::size_t shown = 0;
  for (const auto& row : page.rows) {
    if (!all && row.size() > room) break;
    if (!all) room -= row.size();
    lines.insert(lines.end(), row.begin(), row.end());
    ++shown;
  }
  if (shown < page.rows.size()) lines.push_back(more(page.rows.size() - shown, ""));
  lines.insert(lines.end(), page.foot.begin(), page.foot.end());
  if (lines.size() > height) {
    const std::size_t left = lines.size() - (height - 1);
    lines.resize(height - 1);
    lines.push_back(more(left, left == 1 ? " line" : " lines"));
  }
  return lines;
}

}  // namespace ebbgate::commands
