#include "controller/commands/words.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "base/unicode.h"

namespace ebbgate::commands {

std::string rough(Duration duration) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kUnits{
      {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}};
  std::int64_t left = std::chrono::round<std::chrono::seconds>(duration).count();
  std::string text;
  int parts = 0;
  for (const auto& [unit, size] : kUnits) {
    const std::int64_t count = left / size;
    left %= size;
    if (parts > 0) ++parts;
    if (count > 0 && parts <= 2) {
      text += std::to_string(count) + std::string(unit);
      if (parts == 0) parts = 1;
    }
  }
  return text.empty() ? "0s" : text;
}

std::string from_now(const std::string& time, WallTime now) {
  const auto at = parse_time(time);
  if (!at) return printable(time);
  const auto wait = std::chrono::round<std::chrono::seconds>(*at - now);
  if (wait.count() == 0) return "now";
  return wait.count() > 0 ? "in " + rough(wait) : rough(-wait) + " ago";
}

std::string due(const std::string& time, WallTime now) {
  std::string words = from_now(time, now);
  return words.ends_with(" ago") ? "now" : words;
}

}  // namespace ebbgate::commands
