#include "controller/log.h"

#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/text.h"

namespace ebbgate {

namespace {

constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warn", "error"};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string json_line(std::string_view level, std::string_view message,
                      std::initializer_list<Log::Field> fields) {
  nlohmann::ordered_json line;
  line["time"] = format_time(SystemClock().now().wall);
  line["severity"] = level;  // `level` is a workload's
  line["message"] = message;
  for (const auto& [key, value] : fields) line[std::string(key)] = value;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

bool plain(std::string_view value) {
  if (value.empty()) return false;
  for (const char c : value) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\\' || c == '=' || c == '\x7f') {
      return false;
    }
  }
  return true;
}

// What is no plain word stands in quotes, with JSON's escapes.
std::string text_value(const std::string& value) {
  if (plain(value)) return value;
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string text_line(std::string_view level, std::string_view message,
                      std::initializer_list<Log::Field> fields) {
  std::string line = format_time(SystemClock().now().wall) + " " + std::string(level);
  line.append(level.size() < 5 ? 6 - level.size() : 1, ' ');
  for (const char c : message) {
    line.push_back(static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c);
  }
  for (const auto& [key, value] : fields) {
    line += " " + std::string(key) + "=" + text_value(value);
  }
  return line;
}

}  // namespace

struct Log::Sink {
  spdlog::logger logger{"ebbgate", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
};

Log::Log(const LogSettings& settings) : format_(settings.format), sink_(std::make_unique<Sink>()) {
  sink_->logger.set_pattern("%v");
  sink_->logger.flush_on(spdlog::level::debug);
  set_level(settings.level);
}

Log::~Log() = default;

void Log::set_level(const std::string& level) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames.at(i) == level) sink_->logger.set_level(spdlog_level(static_cast<LogLevel>(i)));
  }
}

bool Log::enabled(LogLevel level) const {
  return sink_->logger.should_log(spdlog_level(level));
}

void Log::write(LogLevel level, std::string_view message, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  const std::string_view name = kLevelNames.at(static_cast<std::size_t>(level));
  sink_->logger.log(spdlog_level(level), "{}",
                    format_ == LogFormat::json ? json_line(name, message, fields)
                                               : text_line(name, message, fields));
}

}  // namespace ebbgate
