#include "base/encoded_match.h"

#include <algorithm>

#include "base/escapes.h"

namespace ebbgate {

namespace {

// Bytes between two characters or digits. A bound, so that long rows of them cost little.
constexpr std::size_t kMostBetween = 32;
// Of an encoding; less tells next to nothing, and ordinary text has it.
constexpr std::size_t kLeastOpenCharacters = 4;
constexpr std::size_t kLeastOpenBytes = 2;

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kPunctuation = " \t\r\n,:;-_.|=\"'`[](){}<>\\&#%/+";

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

unsigned value_of(char digit) {
  return static_cast<unsigned>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

// A line break that is itself escaped: `\n`, `%0A`.
std::size_t escaped_break_length(std::string_view text) {
  for (const char c : {'\n', '\r'}) {
    if (text.starts_with(c)) continue;
    const std::size_t length = escaped_length(text, 0, {&c, 1});
    if (length > 0) return length;
  }
  return 0;
}

std::size_t space_length(std::string_view text) {
  std::size_t at = 0;
  while (at < std::min(text.size(), kMostBetween)) {
    const bool space = kSpaces.find(text[at]) != std::string_view::npos;
    const std::size_t length = space ? 1 : escaped_break_length(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

// `0000020 ` of od, `00000010: ` of xxd, `00000010  ` of hexdump.
std::size_t offset_length(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && digits <= 8 && is_hex_digit(text[digits])) ++digits;
  const std::string_view rest = text.substr(digits);
  if (digits == 7 && rest.starts_with(' ')) return digits;
  return digits == 8 && (rest.starts_with(':') || rest.starts_with("  ")) ? digits : 0;
}

// Of the text that xxd and hexdump write beside the digits, up to the next line of digits.
std::size_t column_length(std::string_view text) {
  constexpr std::size_t kLongest = 22;
  if (!text.starts_with("  ")) return 0;
  const std::size_t end = text.substr(0, kLongest).find('\n');
  if (end == std::string_view::npos) return 0;
  const std::string_view next = text.substr(end + 1);
  return next.empty() || offset_length(next) == 8 ? end : 0;
}

std::size_t rest_of_line(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  const std::size_t end = text.substr(0, kLongest).find('\n');
  return end == std::string_view::npos ? std::min(text.size(), kLongest) : end;
}

std::size_t separator_length(std::string_view text) {
  std::size_t at = 0;
  while (at < std::min(text.size(), kMostBetween)) {
    const char before = at == 0 ? '\0' : text[at - 1];
    const std::string_view rest = text.substr(at);
    if (kPunctuation.find(text[at]) != std::string_view::npos || text[at] == 'x' ||
        text[at] == 'X' || (before == '\\' && (text[at] == 'n' || text[at] == 'r'))) {
      ++at;
    } else if (rest.starts_with("0x") || rest.starts_with("0X")) {
      at += 2;
    } else if (const std::size_t offset = before == '\n' ? offset_length(rest) : 0; offset > 0) {
      at += offset;
    } else {
      break;
    }
  }
  return at;
}

}  // namespace

EncodedMatch base64_match(std::string_view text, std::size_t at, std::string_view pattern) {
  std::size_t end = at;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    // By far the commonest; the rest is many times slower.
    if (end < text.size() && text[end] == pattern[i]) {
      ++end;
      continue;
    }
    if (i > 0) end += space_length(text.substr(end));
    if (end >= text.size()) return {0, i >= kLeastOpenCharacters};
    const std::size_t length = escaped_length(text, end, pattern.substr(i, 1));
    if (length == 0) return {};
    end += length;
  }
  return {end - at, false};
}

EncodedMatch hex_match(std::string_view text, std::size_t at, std::string_view bytes) {
  std::size_t end = at;
  bool columns = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) {
      const std::size_t column = column_length(text.substr(end));
      columns = columns || column > 0;
      end += column;
      end += separator_length(text.substr(end));
    }
    if (end >= text.size()) return {0, i >= kLeastOpenBytes};
    if (end + 1 >= text.size() || !is_hex_digit(text[end]) || !is_hex_digit(text[end + 1])) {
      return {};
    }
    const unsigned value = value_of(text[end]) * 16 + value_of(text[end + 1]);
    if (value != static_cast<unsigned char>(bytes[i])) return {};
    end += 2;
  }
  // The last line's text has the last piece of them.
  if (columns) end += rest_of_line(text.substr(end));
  return {end - at, false};
}

}  // namespace ebbgate
