#include "base/escapes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace ebbgate {

namespace {

// `%252f` is as deep as anybody goes, and a bit.
constexpr int kMostRounds = 3;
// As many backslashes as an escape of an escape has, and some more. A bound, so that a long row of
// them costs no more than other text.
constexpr std::size_t kMostBackslashes = 16;

std::optional<unsigned> byte_of(std::string_view digits, int base) {
  unsigned value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [last, error] = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || error != std::errc() || last != end || value > 0xFF) return std::nullopt;
  return value;
}

bool is_number(std::string_view text, std::size_t digits, char c) {
  return text.size() >= digits &&
         byte_of(text.substr(0, digits), 16) == static_cast<unsigned char>(c);
}

// Of a %: what follows it, itself perhaps written as %25.
std::size_t percent_length(std::string_view text, char c) {
  std::size_t at = 1;
  for (int round = 0; round < kMostRounds; ++round) {
    if (is_number(text.substr(std::min(at, text.size())), 2, c)) return at + 2;
    if (!text.substr(std::min(at, text.size())).starts_with("25")) return 0;
    at += 2;
  }
  return 0;
}

// Of a backslash, or of several.
std::size_t backslash_length(std::string_view text, char c) {
  std::size_t at = 0;
  while (at < std::min(text.size(), kMostBackslashes) && text[at] == '\\') ++at;
  const std::string_view rest = text.substr(at);
  if (rest.empty()) return c == '\\' ? at : 0;
  if ((rest.front() == 'u' || rest.front() == 'U') && is_number(rest.substr(1), 4, c)) {
    return at + 5;
  }
  if (rest.front() == 'x' && is_number(rest.substr(1), 2, c)) return at + 3;
  constexpr std::array<std::pair<char, char>, 3> kControls{{{'n', '\n'}, {'r', '\r'}, {'t', '\t'}}};
  for (const auto& [letter, control] : kControls) {
    if (rest.front() == letter && c == control) return at + 1;
  }
  if (c == '\\') return at;
  return rest.front() == c ? at + 1 : 0;
}

// Of an &.
std::size_t entity_length(std::string_view text, char c) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kNames{
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  for (const auto& [name, character] : kNames) {
    if (c == character && text.starts_with(name)) return name.size();
  }
  if (!text.starts_with("&#")) return 0;
  const std::size_t end = text.substr(0, 10).find(';');
  if (end == std::string_view::npos) return 0;
  const bool hexadecimal = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  const std::string_view digits =
      text.substr(hexadecimal ? 3 : 2, end - std::min<std::size_t>(end, hexadecimal ? 3 : 2));
  const auto value = byte_of(digits, hexadecimal ? 16 : 10);
  return value == static_cast<unsigned char>(c) ? end + 1 : 0;
}

std::size_t character_length(std::string_view text, char c) {
  if (text.empty()) return 0;
  std::size_t length = 0;
  if (text.front() == '%') length = percent_length(text, c);
  if (text.front() == '\\') length = backslash_length(text, c);
  if (text.front() == '&') length = entity_length(text, c);
  if (length > 0) return length;
  return text.front() == c || (text.front() == '+' && c == ' ') ? 1 : 0;
}

}  // namespace

std::size_t escaped_length(std::string_view text, std::size_t at, std::string_view pattern) {
  std::size_t end = at;
  for (const char c : pattern) {
    const std::size_t length = character_length(text.substr(end), c);
    if (length == 0) return 0;
    end += length;
  }
  return end - at;
}

}  // namespace ebbgate
