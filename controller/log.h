#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "controller/settings.h"

namespace ebbgate {

enum class LogLevel { debug, info, warn, error };

/// The process's log: one line per event on standard error, as text or JSON. Any thread.
class Log final {
 public:
  using Field = std::pair<std::string_view, std::string>;

  explicit Log(const LogSettings& settings);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void set_level(const std::string& level);
  bool enabled(LogLevel level) const;

  /// `fields` follow the message as `key=value`, or as keys of the JSON object beside its own time,
  /// severity and message. Line breaks and other control characters in them are escaped.
  void write(LogLevel level, std::string_view message, std::initializer_list<Field> fields = {});
  void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(LogLevel::debug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(LogLevel::info, message, fields);
  }
  void warn(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(LogLevel::warn, message, fields);
  }
  void error(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(LogLevel::error, message, fields);
  }

 private:
  struct Sink;
  const LogFormat format_;
  std::unique_ptr<Sink> sink_;
};

}  // namespace ebbgate
