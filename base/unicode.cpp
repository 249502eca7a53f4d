#include "base/unicode.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ebbgate {

namespace {

constexpr char32_t kLast = 0x10FFFF;
// Where emoji live: new ones are double-width before the C library knows of them.
constexpr char32_t kFirstEmoji = 0x1F000;
constexpr char32_t kFirstCombining = 0x300;

// Control characters; separators of lines; and what Unicode calls default ignorable or formatting
// and nobody sees: marks, embeddings and isolates of direction, joiners, fillers, tags. Variation
// selectors are none of them, as emoji are written with them. The status page has the same list.
constexpr std::array<std::pair<char32_t, char32_t>, 19> kHarmful{{{0, 0x1F},
                                                                  {0x7F, 0x9F},
                                                                  {0xAD, 0xAD},
                                                                  {0x34F, 0x34F},
                                                                  {0x61C, 0x61C},
                                                                  {0x115F, 0x1160},
                                                                  {0x17B4, 0x17B5},
                                                                  {0x180B, 0x180F},
                                                                  {0x200B, 0x200F},
                                                                  {0x2028, 0x202E},
                                                                  {0x2060, 0x206F},
                                                                  {0x3164, 0x3164},
                                                                  {0xFEFF, 0xFEFF},
                                                                  {0xFFA0, 0xFFA0},
                                                                  {0xFFF0, 0xFFFB},
                                                                  {0x1BCA0, 0x1BCA3},
                                                                  {0x1D173, 0x1D17A},
                                                                  {0xE0000, 0xE00FF},
                                                                  {0xE01F0, 0xE0FFF}}};

// Widths are those of Unicode, whatever the locale in which the command runs.
class UnicodeLocale {
 public:
  UnicodeLocale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{})) {}
  ~UnicodeLocale() {
    if (locale_ != locale_t{}) ::freelocale(locale_);
  }
  UnicodeLocale(const UnicodeLocale&) = delete;
  UnicodeLocale& operator=(const UnicodeLocale&) = delete;

  int width(char32_t code) const {
    if (locale_ == locale_t{}) return 1;
    const locale_t before = ::uselocale(locale_);
    const int width = ::wcwidth(static_cast<wchar_t>(code));
    ::uselocale(before);
    return width;
  }

 private:
  locale_t locale_;
};

struct Form {
  unsigned char mask;
  unsigned char lead;
  char32_t least;  // less is written in fewer bytes
};
constexpr std::array<Form, 4> kForms{
    {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}}};

constexpr std::string_view kEllipsis = "…";

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

}  // namespace

Character character_at(std::string_view text, std::size_t at) {
  constexpr Character kBroken{kNoCharacter, 1};
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  for (std::size_t length = 1; length <= kForms.size(); ++length) {
    const Form& form = kForms.at(length - 1);
    if ((byte(at) & form.mask) != form.lead) continue;
    if (at + length > text.size()) return kBroken;
    auto code = static_cast<char32_t>(byte(at) & ~form.mask & 0xFF);
    for (std::size_t index = at + 1; index < at + length; ++index) {
      if ((byte(index) & 0xC0) != 0x80) return kBroken;
      code = (code << 6) | (byte(index) & 0x3F);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < form.least || code > kLast || surrogate ? kBroken : Character{code, length};
  }
  return kBroken;
}

bool is_harmful(char32_t code) {
  return code == kNoCharacter || std::ranges::any_of(kHarmful, [&](const auto& range) {
           return code >= range.first && code <= range.second;
         });
}

std::string printable(std::string_view text) {
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    if (is_harmful(character.code)) {
      shown += '?';
    } else {
      shown += text.substr(at, character.length);
    }
    at += character.length;
  }
  return shown;
}

std::string hex_escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    const std::string_view bytes = text.substr(at, character.length);
    if (!is_harmful(character.code) || character.code == U'\t') {
      shown += bytes;
    } else {
      for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        shown += "\\x";
        shown += kDigits[value >> 4];
        shown += kDigits[value & 0xF];
      }
    }
    at += character.length;
  }
  return shown;
}

std::string first_bytes(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  std::size_t end = bytes < kEllipsis.size() ? 0 : bytes - kEllipsis.size();
  while (end > 0 && is_continuation(text[end])) --end;
  return std::string(text.substr(0, end)).append(kEllipsis);
}

std::string last_bytes(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  std::size_t begin = text.size() - (bytes < kEllipsis.size() ? 0 : bytes - kEllipsis.size());
  while (begin < text.size() && is_continuation(text[begin])) ++begin;
  return std::string(kEllipsis).append(text.substr(begin));
}

std::size_t columns_of(char32_t code) {
  if (code < kFirstCombining || code == kNoCharacter) return 1;
  static const UnicodeLocale locale;
  const int width = locale.width(code);
  if (width >= 0) return static_cast<std::size_t>(width);
  return code >= kFirstEmoji ? 2 : 1;
}

}  // namespace ebbgate
