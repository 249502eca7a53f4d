#include "controller/commands/words.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "base/text.h"

namespace ebbgate::commands {

std::string printable(std::string_view text) {
  std::string shown;
  for (std::size_t index = 0; index < text.size(); ++index) {
    const auto byte = static_cast<unsigned char>(text[index]);
    const bool second_row = byte == 0xC2 && index + 1 < text.size() &&
                            static_cast<unsigned char>(text[index + 1]) < 0xA0;
    if (second_row) ++index;  // U+0080 to U+009F are control characters, too
    shown += byte < 0x20 || byte == 0x7F || second_row ? '?' : text[index];
  }
  return shown;
}

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

}  // namespace ebbgate::commands
