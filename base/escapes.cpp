#include "base/escapes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/unicode.h"

namespace ebbgate {

namespace {

// `%252f` is as deep as anybody goes, and a bit.
constexpr int kMostRounds = 3;
// As many backslashes as an escape of an escape has, and some more. A bound, so that a long row of
// them costs no more than other text.
constexpr std::size_t kMostBackslashes = 16;

std::optional<unsigned> number_of(std::string_view digits, int base) {
  unsigned value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [last, error] = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || error != std::errc() || last != end) return std::nullopt;
  return value;
}

bool is_number(std::string_view text, std::size_t digits, unsigned code, int base = 16) {
  return text.size() >= digits && number_of(text.substr(0, digits), base) == code;
}

// Of a %: what follows it, itself perhaps written as %25.
std::size_t percent_length(std::string_view text, unsigned code) {
  std::size_t at = 1;
  for (int round = 0; round < kMostRounds; ++round) {
    if (is_number(text.substr(std::min(at, text.size())), 2, code)) return at + 2;
    if (!text.substr(std::min(at, text.size())).starts_with("25")) return 0;
    at += 2;
  }
  return 0;
}

std::size_t backslashes_of(std::string_view text) {
  std::size_t count = 0;
  while (count < std::min(text.size(), kMostBackslashes) && text[count] == '\\') ++count;
  return count;
}

// Of what follows the backslashes of a number: `u00f6`, `u{f6}`, `U000000f6`, `xf6`, `366`.
std::size_t number_length(std::string_view text, unsigned code) {
  if (text.empty()) return 0;
  const std::string_view digits = text.substr(1);
  if (text.front() == 'u' || text.front() == 'U') {
    if (is_number(digits, 8, code)) return 9;
    if (is_number(digits, 4, code)) return 5;
    const std::size_t end = digits.substr(0, 10).find('}');
    const bool braces = digits.starts_with('{') && end != std::string_view::npos;
    if (braces && number_of(digits.substr(1, end - 1), 16) == code) return end + 2;
  }
  if (text.front() == 'x' && is_number(digits, 2, code)) return 3;
  if (is_number(text, 3, code, 8)) return 3;
  return text.front() == '0' && is_number(digits, 3, code, 8) ? 4 : 0;
}

// Of a backslash, or of several, before a number.
std::size_t backslash_number_length(std::string_view text, unsigned code) {
  const std::size_t at = backslashes_of(text);
  const std::string_view rest = text.substr(at);
  if (const std::size_t length = number_length(rest, code); length > 0) return at + length;
  if (code <= 0xFFFF) return 0;
  const unsigned above = code - 0x10000;
  const std::size_t high = number_length(rest, 0xD800 + (above >> 10));
  const std::string_view second = rest.substr(high);
  const std::size_t between = backslashes_of(second);
  if (high == 0 || between == 0) return 0;
  const std::size_t low = number_length(second.substr(between), 0xDC00 + (above & 0x3FF));
  return low == 0 ? 0 : at + high + between + low;
}

// Of a backslash, or of several.
std::size_t backslash_length(std::string_view text, char c) {
  if (const std::size_t length = backslash_number_length(text, static_cast<unsigned char>(c));
      length > 0) {
    return length;
  }
  const std::size_t at = backslashes_of(text);
  const std::string_view rest = text.substr(at);
  if (rest.empty()) return c == '\\' ? at : 0;
  constexpr std::array<std::pair<char, char>, 3> kControls{{{'n', '\n'}, {'r', '\r'}, {'t', '\t'}}};
  for (const auto& [letter, control] : kControls) {
    if (rest.front() == letter && c == control) return at + 1;
  }
  if (c == '\\') return at;
  return rest.front() == c ? at + 1 : 0;
}

// Of an &#.
std::size_t entity_number_length(std::string_view text, unsigned code) {
  if (!text.starts_with("&#")) return 0;
  const std::size_t end = text.substr(0, 12).find(';');
  if (end == std::string_view::npos) return 0;
  const bool hexadecimal = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  const std::string_view digits =
      text.substr(hexadecimal ? 3 : 2, end - std::min<std::size_t>(end, hexadecimal ? 3 : 2));
  return number_of(digits, hexadecimal ? 16 : 10) == code ? end + 1 : 0;
}

// Of an &.
std::size_t entity_length(std::string_view text, char c) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kNames{
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  for (const auto& [name, character] : kNames) {
    if (c == character && text.starts_with(name)) return name.size();
  }
  return entity_number_length(text, static_cast<unsigned char>(c));
}

// Of a byte.
std::size_t byte_length(std::string_view text, char c) {
  if (text.empty()) return 0;
  std::size_t length = 0;
  if (text.front() == '%') length = percent_length(text, static_cast<unsigned char>(c));
  if (text.front() == '\\') length = backslash_length(text, c);
  if (text.front() == '&') length = entity_length(text, c);
  if (length > 0) return length;
  return text.front() == c || (text.front() == '+' && c == ' ') ? 1 : 0;
}

std::size_t bytes_length(std::string_view text, std::string_view bytes) {
  std::size_t end = 0;
  for (const char c : bytes) {
    const std::size_t length = byte_length(text.substr(end), c);
    if (length == 0) return 0;
    end += length;
  }
  return end;
}

// Of a character that is not ASCII, as the number that it has in Unicode.
std::size_t code_length(std::string_view text, unsigned code) {
  if (text.starts_with('%')) return percent_length(text, code);
  if (text.starts_with('\\')) return backslash_number_length(text, code);
  return entity_number_length(text, code);
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Of as many backslashes as the pattern has: as they are, or each of them escaped.
std::size_t row_length(std::string_view text, std::size_t count) {
  std::size_t length = 0;
  while (length < std::min(text.size(), std::max(4 * count, kMostBackslashes)) &&
         text[length] == '\\') {
    ++length;
  }
  return length < count ? 0 : length;
}

}  // namespace

std::size_t escaped_length(std::string_view text, std::size_t at, std::string_view pattern) {
  std::size_t end = at;
  for (std::size_t i = 0; i < pattern.size();) {
    // By far the commonest; the rest is many times slower.
    if (end < text.size() && text[end] == pattern[i] && is_alphanumeric(pattern[i])) {
      ++end;
      ++i;
      continue;
    }
    const std::string_view rest = text.substr(end);
    std::size_t taken = 1;
    if (static_cast<unsigned char>(pattern[i]) >= 0x80) {
      taken = character_at(pattern, i).length;
    } else if (pattern[i] == '\\' && backslash_number_length(rest, '\\') == 0) {
      taken = std::min(pattern.find_first_not_of('\\', i), pattern.size()) - i;
    }
    std::size_t length = 0;
    if (taken > 1 && pattern[i] == '\\') length = row_length(rest, taken);
    if (length == 0) length = bytes_length(rest, pattern.substr(i, taken));
    if (length == 0 && taken > 1) length = code_length(rest, character_at(pattern, i).code);
    if (length == 0) return 0;
    end += length;
    i += taken;
  }
  return end - at;
}

}  // namespace ebbgate
