#include "controller/local/command_output.h"

#include <algorithm>
#include <deque>

#include "base/unicode.h"

namespace ebbgate::local {

void CommandOutput::add(std::string_view bytes) {
  tail_.add(bytes);
  total_ += bytes.size();
  while (!bytes.empty() && !is_full()) {
    const std::string_view piece = bytes.substr(0, room());
    text_ += piece;
    bytes.remove_prefix(piece.size());
    if (room() == 0) {
      say(true);
    } else if (piece.find('\n') != std::string_view::npos) {
      say(false);
    }
  }
}

void CommandOutput::finish() {
  say(true);
  if (total_ > told_)
    log_(prefix_ + "… " + std::to_string(total_ - told_) + " bytes more left out");
}

std::string CommandOutput::last_lines() const {
  std::deque<std::string_view> lines;
  const std::string last = tail_.text();
  std::string_view rest = last;
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
    text.append(text.empty() ? "" : " | ").append(hex_escaped(line));
  }
  return last_bytes(text, kLastBytes);
}

// All that may still be logged, and as much behind it as a secret may have that begins in it.
std::size_t CommandOutput::room() const {
  const std::size_t most = kMaxBytes - bytes_ + kMaxLines + secrets_.longest();
  return most - std::min(most, text_.size() - begin_);
}

void CommandOutput::say(bool all) {
  if (is_full()) return;
  const std::size_t searched = all ? text_.size() : text_.rfind('\n') + 1;
  const FoundSecrets found = secrets_.find(std::string_view(text_).substr(0, searched));
  while (!is_full()) {
    const std::size_t line_break = text_.find('\n', begin_);
    const bool whole = line_break != std::string::npos;
    const std::size_t end = whole ? line_break : text_.size();
    if (!all && (!whole || found.settled() <= end)) break;
    if (!whole && begin_ == end) break;
    const std::size_t cut = std::min(end, begin_ + kMaxBytes - bytes_);
    const bool carriage_return = cut == end && end > begin_ && text_[end - 1] == '\r';
    log_(prefix_ + hex_escaped(found.masked(text_, begin_, carriage_return ? end - 1 : cut)));
    const std::size_t next = whole && cut == end ? end + 1 : cut;
    ++lines_;
    bytes_ += cut - begin_;
    told_ += next - begin_;
    begin_ = next;
  }
  const std::size_t told = begin_ - std::min(begin_, secrets_.longest());
  text_.erase(0, told);
  begin_ -= told;
}

}  // namespace ebbgate::local
