#include "controller/local/command_output.h"

#include <algorithm>
#include <cstdint>

namespace ebbgate::local {
namespace {

// How many bytes the valid UTF-8 character at the beginning takes; 0 where there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4 || text.size() < length) return 0;
  std::uint32_t code = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return 0;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return overlong || surrogate || code > 0x10FFFF ? 0 : length;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return (first < 0x20 && first != '\t') || first == 0x7F;
  // U+0080 to U+009F steer terminals too; U+2028 and U+2029 end lines.
  if (character.size() == 2)
    return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
  return character == "\u2028" || character == "\u2029";
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::size_t taken = std::max<std::size_t>(length, 1);
    if (length > 0 && !is_control(text.substr(0, length))) {
      result += text.substr(0, length);
    } else {
      for (const char byte : text.substr(0, taken)) {
        const auto value = static_cast<unsigned char>(byte);
        result += "\\x";
        result += kDigits[value >> 4];
        result += kDigits[value & 0xF];
      }
    }
    text.remove_prefix(taken);
  }
  return result;
}

void CommandOutput::add(std::string_view bytes) {
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

void CommandOutput::end_line() {
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  log_(prefix_ + printable(line_));
  line_.clear();
  ++lines_;
}

}  // namespace ebbgate::local
