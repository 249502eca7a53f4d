#include "controller/log.h"

#include <algorithm>
#include <array>

namespace ebbgate {

namespace {

constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warn", "error"};

std::string line_of_dropped(LogFormat format, std::uint64_t dropped) {
  return log_line(format, SystemClock().now().wall, "warn",
                  "log lines were dropped, because nobody took them from standard error in time",
                  {{"lines", static_cast<std::int64_t>(dropped)}});
}

}  // namespace

Log::Log(const LogSettings& settings, int descriptor)
    : format_(std::make_shared<std::atomic<LogFormat>>(settings.format)),
      writer_(descriptor, [format = format_](std::uint64_t dropped) {
        return line_of_dropped(*format, dropped);
      }) {
  configure(settings);
}

void Log::configure(const LogSettings& settings) {
  const auto* const found = std::ranges::find(kLevelNames, settings.level);
  if (found != kLevelNames.end()) level_ = static_cast<LogLevel>(found - kLevelNames.begin());
  *format_ = settings.format;
}

bool Log::enabled(LogLevel level) const {
  return level >= level_;
}

void Log::write(LogLevel level, std::string_view message, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  writer_.write(log_line(*format_, SystemClock().now().wall,
                         kLevelNames.at(static_cast<std::size_t>(level)), message, fields));
}

}  // namespace ebbgate
