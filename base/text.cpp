#include "base/text.h"

#include <time.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace ebbgate {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// In the order in which a longer name is found before its beginning.
constexpr std::array<Unit, 7> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", 1'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"h", 3'600'000'000'000},
                                      {"d", 86'400'000'000'000}}};

constexpr double kLongest = 9.2e18;

// Reads exactly `width` digits at `position` and moves past them.
std::optional<int> digits(std::string_view text, std::size_t& position, std::size_t width) {
  if (position + width > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const char c = text[position + i];
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  position += width;
  return value;
}

bool skip(std::string_view text, std::size_t& position, std::string_view any_of) {
  if (position >= text.size() || any_of.find(text[position]) == std::string_view::npos) {
    return false;
  }
  ++position;
  return true;
}

// The offset from UTC in minutes at the end of `text`.
std::optional<int> parse_offset(std::string_view text, std::size_t& position) {
  if (skip(text, position, "Zz")) return 0;
  const bool negative = position < text.size() && text[position] == '-';
  if (!skip(text, position, "+-")) return std::nullopt;
  const auto hours = digits(text, position, 2);
  if (!hours || *hours > 23 || !skip(text, position, ":")) return std::nullopt;
  const auto minutes = digits(text, position, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const int offset = *hours * 60 + *minutes;
  return negative ? -offset : offset;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration::zero();
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    double number = 0;
    const char first = text.front();
    if (first < '0' || first > '9') return std::nullopt;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const Unit* found = nullptr;
    for (const Unit& unit : kUnits) {
      if (text.starts_with(unit.name) &&
          (found == nullptr || unit.name.size() > found->name.size())) {
        found = &unit;
      }
    }
    if (found == nullptr) return std::nullopt;
    text.remove_prefix(found->name.size());
    total += number * static_cast<double>(found->nanoseconds);
    if (total > kLongest) return std::nullopt;
  }
  return Duration(std::llround(total));
}

std::string format_duration(Duration duration) {
  std::int64_t left = duration.count();
  if (left == 0) return "0s";
  std::string text = left < 0 ? "-" : "";
  left = std::abs(left);
  for (const Unit& unit :
       {kUnits[6], kUnits[5], kUnits[4], kUnits[3], kUnits[2], kUnits[1], kUnits[0]}) {
    const std::int64_t count = left / unit.nanoseconds;
    left %= unit.nanoseconds;
    if (count > 0) text += std::to_string(count) + std::string(unit.name);
  }
  return text;
}

std::string format_time(WallTime time) {
  const auto milliseconds = time.time_since_epoch().count();
  auto seconds = milliseconds / 1000;
  auto rest = milliseconds % 1000;
  if (rest < 0) {
    rest += 1000;
    --seconds;
  }
  const time_t whole = seconds;
  tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 64> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                    parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                    parts.tm_min, parts.tm_sec, static_cast<int>(rest));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<WallTime> parse_time(std::string_view text) {
  std::size_t position = 0;
  const auto year = digits(text, position, 4);
  if (!year || !skip(text, position, "-")) return std::nullopt;
  const auto month = digits(text, position, 2);
  if (!month || !skip(text, position, "-")) return std::nullopt;
  const auto day = digits(text, position, 2);
  if (!day || !skip(text, position, "Tt ")) return std::nullopt;
  const auto hour = digits(text, position, 2);
  if (!hour || *hour > 23 || !skip(text, position, ":")) return std::nullopt;
  const auto minute = digits(text, position, 2);
  if (!minute || *minute > 59 || !skip(text, position, ":")) return std::nullopt;
  const auto second = digits(text, position, 2);
  if (!second || *second > 60) return std::nullopt;
  int milliseconds = 0;
  if (skip(text, position, ".")) {
    int place = 100;
    const std::size_t begin = position;
    while (position < text.size() && text[position] >= '0' && text[position] <= '9') {
      milliseconds += place * (text[position] - '0');
      place /= 10;
      ++position;
    }
    if (position == begin) return std::nullopt;
  }
  const auto offset = parse_offset(text, position);
  if (!offset || position != text.size()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute - *offset) + std::chrono::seconds(*second) +
         std::chrono::milliseconds(milliseconds);
}

std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace ebbgate
