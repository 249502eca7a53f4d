#include "metrics/series_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ebbgate::metrics {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The length of the UTF-8 sequence at the front of `text`; 0: there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned char lowest = 0x80;   // of the second byte: neither overlong forms,
  unsigned char highest = 0xBF;  // nor surrogates, nor beyond U+10FFFF
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) lowest = 0xA0;
    if (first == 0xED) highest = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) lowest = 0x90;
    if (first == 0xF4) highest = 0x8F;
  }
  if (length == 0 || text.size() < length || byte(1) < lowest || byte(1) > highest) return 0;
  for (std::size_t index = 2; index < length; ++index) {
    if ((byte(index) & 0xC0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

void append_family(std::string& out, std::string_view name, std::string_view help,
                   std::string_view type) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n");
  out.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out.append(text.data(), end);
}

void append_seconds(std::string& out, std::chrono::milliseconds time) {
  time = std::max(time, std::chrono::milliseconds(0));
  append_number(out, static_cast<std::uint64_t>(time.count() / 1000));
  const auto rest = static_cast<int>(time.count() % 1000);
  out += '.';
  out += static_cast<char>('0' + rest / 100);
  out += static_cast<char>('0' + rest / 10 % 10);
  out += static_cast<char>('0' + rest % 10);
}

std::string escape_label_value(std::string_view value) {
  std::string escaped;
  escaped.reserve(value.size());
  while (!value.empty()) {
    const std::size_t length = sequence_length(value);
    if (length == 0) {
      escaped += kReplacement;
    } else if (value.front() == '\n') {
      escaped += "\\n";
    } else {
      if (value.front() == '"' || value.front() == '\\') escaped += '\\';
      escaped += value.substr(0, length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  return escaped;
}

}  // namespace ebbgate::metrics
