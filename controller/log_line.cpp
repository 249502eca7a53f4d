#include "controller/log_line.h"

#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/unicode.h"

namespace ebbgate {

namespace {

constexpr char32_t kFirstSupplementary = 0x10000;

void append_unit(std::string& text, char32_t unit) {
  std::array<char, 12> escape{};
  std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(unit));
  text += escape.data();
}

// As JSON writes it: beyond four digits as two surrogates.
void append_escape(std::string& text, char32_t code) {
  if (code < kFirstSupplementary) return append_unit(text, code);
  append_unit(text, 0xD800 + ((code - kFirstSupplementary) >> 10));
  append_unit(text, 0xDC00 + ((code - kFirstSupplementary) & 0x3FF));
}

void append_byte(std::string& text, char byte) {
  std::array<char, 12> escape{};
  std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<unsigned char>(byte));
  text += escape.data();
}

std::string escaped(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    if (character.code == kNoCharacter) {
      append_byte(result, text[at]);
    } else if (is_harmful(character.code)) {
      append_escape(result, character.code);
    } else {
      result += text.substr(at, character.length);
    }
    at += character.length;
  }
  return result;
}

// What is no plain word stands in quotes.
std::string text_value(const std::string& value) {
  std::string safe = escaped(value);
  if (!safe.empty() && safe == value && safe.find_first_of(" \"\\=") == std::string::npos) {
    return safe;
  }
  std::string quoted = "\"";
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t length = character_at(value, at).length;
    if (value[at] == '"' || value[at] == '\\') {
      quoted.append("\\").append(1, value[at]);
    } else {
      quoted += escaped(std::string_view(value).substr(at, length));
    }
    at += length;
  }
  return quoted + "\"";
}

std::string text_value(std::int64_t value) {
  return std::to_string(value);
}

std::string text_value(double value) {
  return nlohmann::json(value).dump();
}

std::string text_line(WallTime time, std::string_view level, std::string_view message,
                      std::initializer_list<LogField> fields) {
  std::string line = format_time(time) + " " + std::string(level);
  line.append(level.size() < 5 ? 6 - level.size() : 1, ' ');
  std::string one_line(message);
  for (char& c : one_line) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  line += escaped(one_line);
  for (const auto& [key, value] : fields) {
    line.append(" ").append(key).append("=");
    line += std::visit([](const auto& held) { return text_value(held); }, value);
  }
  return line;
}

std::string json_line(WallTime time, std::string_view level, std::string_view message,
                      std::initializer_list<LogField> fields) {
  nlohmann::ordered_json line;
  line["time"] = format_time(time);
  line["level"] = level;
  line["message"] = message;
  for (const auto& [key, value] : fields) {
    std::visit([&](const auto& held) { line[std::string(key)] = held; }, value);
  }
  // Such characters are within strings alone, and JSON's escapes are ours.
  return escaped(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace

double logged_seconds(Duration duration) {
  constexpr double kPerSecond = 1000;
  return static_cast<double>(std::chrono::round<std::chrono::milliseconds>(duration).count()) /
         kPerSecond;
}

std::string log_line(LogFormat format, WallTime time, std::string_view level,
                     std::string_view message, std::initializer_list<LogField> fields) {
  return format == LogFormat::json ? json_line(time, level, message, fields)
                                   : text_line(time, level, message, fields);
}

}  // namespace ebbgate
