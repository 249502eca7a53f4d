#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ebbgate {

/// A character of UTF-8. One byte that is no part of any is a character of its own, kNoCharacter.
struct Character {
  char32_t code = 0;
  std::size_t length = 0;  ///< bytes
};

inline constexpr char32_t kNoCharacter = 0xFFFFFFFF;

/// The character that begins at a byte of the text, which is within it.
Character character_at(std::string_view text, std::size_t at);

/// Whether it does something other than to be seen: it controls a terminal, ends a line, turns its
/// direction, or makes a text differ from another one that looks the same; and kNoCharacter.
bool is_harmful(char32_t code);

/// The text with `?` in place of each harmful character.
std::string printable(std::string_view text);

/// The text with each byte of a harmful character as `\xNN`, so that nothing is lost. Tabs stay.
std::string hex_escaped(std::string_view text);

/// At most `bytes` of the text, which end with `…` where that is not all; no character is torn.
std::string first_bytes(std::string_view text, std::size_t bytes);
/// The same of its end.
std::string last_bytes(std::string_view text, std::size_t bytes);

/// 0, 1 or 2, as the C library's tables say; for what they do not know yet, the most.
std::size_t columns_of(char32_t code);

}  // namespace ebbgate
