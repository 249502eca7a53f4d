#pragma once

#include <cstddef>
#include <string_view>

namespace ebbgate {

/// What a text has at a place.
struct EncodedMatch {
  std::size_t length = 0;  ///< bytes that stand for the pattern; 0: they do not
  bool open = false;       ///< the text ends within what may be the pattern
};

/// Whether the base64 text `pattern` stands at `at`, perhaps with line breaks and spaces in it, and
/// each of its characters perhaps escaped.
EncodedMatch base64_match(std::string_view text, std::size_t at, std::string_view pattern);

/// Whether the hexadecimal digits of `bytes` stand at `at`, in either case. Between two bytes may
/// be line breaks, punctuation, `0x`, `\x`, the offset with which `od` begins a line,
/// and what `xxd` and `hexdump -C` write beside the digits; that counts as a part of it.
EncodedMatch hex_match(std::string_view text, std::size_t at, std::string_view bytes);

}  // namespace ebbgate
