#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "controller/log_line.h"
#include "controller/log_writer.h"
#include "controller/settings.h"

namespace ebbgate {

enum class LogLevel { debug, info, warn, error };

/// The process's log: one line per event on standard error, as text or JSON. Any thread. Nothing
/// here waits for whoever reads it: what does not fit is dropped and counted (see LogWriter).
class Log final {
 public:
  using Field = LogField;

  /// Throws NoThread.
  explicit Log(const LogSettings& settings, int descriptor = 2);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void configure(const LogSettings& settings);
  bool enabled(LogLevel level) const;

  /// `fields` follow the message as `key=value`, or as keys of the JSON object beside its own time,
  /// level and message. A number is one in JSON, too; its key names its unit. Whatever could act on
  /// a terminal or break the line is escaped.
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

  /// Waits until all lines are written, for at most `patience`.
  void flush(Duration patience) { writer_.flush(patience); }
  /// Lines that were lost so far.
  std::uint64_t dropped() const { return writer_.dropped(); }

 private:
  std::atomic<LogLevel> level_ = LogLevel::info;
  // The writer's thread may outlive this object.
  const std::shared_ptr<std::atomic<LogFormat>> format_;
  LogWriter writer_;
};

}  // namespace ebbgate
