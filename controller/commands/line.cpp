#include "controller/commands/line.h"

#include <array>
#include <numeric>

namespace ebbgate::commands {

namespace {

// Select Graphic Rendition, in the order of Tone.
constexpr std::array<const char*, 7> kCodes{"", "1", "2", "32", "36", "33", "31"};
constexpr std::size_t kLeastText = 20;

}  // namespace

std::size_t width_of(const Line& line) {
  return std::accumulate(
      line.begin(), line.end(), std::size_t{0},
      [](std::size_t sum, const Span& span) { return sum + width_of(span.text); });
}

std::string rendered(const Line& line, bool colour) {
  std::string result;
  std::string spaces;  // none at a line's end
  for (const Span& span : line) {
    const std::size_t last = span.text.find_last_not_of(' ');
    if (last == std::string::npos) {
      spaces += span.text;
      continue;
    }
    result += spaces;
    const std::string code = colour ? kCodes.at(static_cast<std::size_t>(span.tone)) : "";
    const std::string text = span.text.substr(0, last + 1);
    if (code.empty()) {
      result += text;
    } else {
      result.append("\x1b[").append(code).append("m").append(text).append("\x1b[0m");
    }
    spaces = span.text.substr(last + 1);
  }
  return result;
}

Line clipped(const Line& line, std::size_t width) {
  if (width_of(line) <= width) return line;
  Line result;
  for (const Span& span : line) {
    const std::size_t length = width_of(span.text);
    if (length >= width) {  // the rest, of which there is more, does not fit
      const std::string cut = shortened(span.text + " ", width);
      result.push_back({cut, span.tone});
      break;
    }
    result.push_back(span);
    width -= length;
  }
  return result;
}

std::vector<Line> paragraph(const Span& first, const std::string& text, Tone tone,
                            std::size_t width) {
  const std::size_t indent = width_of(first.text);
  const std::size_t room = width > indent + kLeastText ? width - indent : kLeastText;
  std::vector<Line> lines;
  for (std::string& piece : wrapped(text, room)) {
    Span begin = lines.empty() ? first : Span{std::string(indent, ' ')};
    lines.push_back({std::move(begin), {std::move(piece), tone}});
  }
  return lines;
}

}  // namespace ebbgate::commands
