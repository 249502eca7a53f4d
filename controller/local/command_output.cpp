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
  // A secret that was cut would not be known any more.
  if (left_out_ > 0) line_.resize(line_.size() - std::min(line_.size(), secrets_.longest()));
  if (!line_.empty()) end_line();
  if (left_out_ > 0) log_(prefix_ + "… " + std::to_string(left_out_) + " bytes more left out");
}

void CommandOutput::keep(std::string_view bytes) {
  const std::size_t most = kept();
  is_cut_ = is_cut_ || end_.size() + bytes.size() > most;
  end_ += bytes.substr(bytes.size() - std::min(bytes.size(), most));
  if (end_.size() > most) end_.erase(0, end_.size() - most);
}

std::string CommandOutput::last_lines() const {
  std::deque<std::string_view> lines;
  std::string_view rest = end_;
  if (is_cut_) rest.remove_prefix(std::min(rest.size(), secrets_.longest()));
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(line);
    if (lines.size() > kLastLines) lines.pop_front();
  }
  std::string text;
  for (const std::string_view line : lines) {
    text.append(text.empty() ? "" : " | ").append(shown(line));
  }
  return last_bytes(text, kLastBytes);
}

void CommandOutput::end_line() {
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  log_(prefix_ + shown(line_));
  line_.clear();
  ++lines_;
}

std::string CommandOutput::shown(std::string_view line) const {
  return hex_escaped(secrets_.masked(line));
}

}  // namespace ebbgate::local
