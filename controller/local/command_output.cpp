#include "controller/local/command_output.h"

#include <algorithm>
#include <deque>

#include "base/unicode.h"

namespace ebbgate::local {
void CommandOutput::add(std::string_view bytes) {
  keep(bytes);
  while (!bytes.empty()) {
    if (lines_ >= kMaxLines || bytes_ >= kMaxBytes) {
      left_out_ += bytes.size();
      return;
    }
    const std::size_t end = bytes.find('\n');
    const bool whole = end != std::string_view::npos;
    const std::string_view piece =
        bytes.substr(0, std::min(whole ? end : bytes.size(), kMaxBytes - bytes_));
    line_ += piece;
    bytes_ += piece.size();
    bytes.remove_prefix(piece.size());
    if (!bytes.empty() && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      end_line();
    }
  }
}

void CommandOutput::finish() {
  if (!line_.empty()) end_line();
  if (left_out_ > 0) log_(prefix_ + "… " + std::to_string(left_out_) + " bytes more left out");
}

void CommandOutput::keep(std::string_view bytes) {
  constexpr std::size_t kKept = 2 * kLastBytes;
  end_ += bytes.substr(bytes.size() - std::min(bytes.size(), kKept));
  if (end_.size() > kKept) end_.erase(0, end_.size() - kKept);
}

std::string CommandOutput::last_lines() const {
  std::deque<std::string_view> lines;
  for (std::string_view rest = end_; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(line);
    if (lines.size() > kLastLines) lines.pop_front();
  }
  std::string text;
  for (const std::string_view line : lines) {
    text.append(text.empty() ? "" : " | ").append(hex_escaped(line));
  }
  return last_bytes(text, kLastBytes);
}

void CommandOutput::end_line() {
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  log_(prefix_ + hex_escaped(line_));
  line_.clear();
  ++lines_;
}

}  // namespace ebbgate::local
