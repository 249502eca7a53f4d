#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include "base/clock.h"
#include "base/digest.h"

/// Helpers around prepared statements that are kept; only for sources of this folder.
namespace ebbgate::storage {

/// Takes a kept statement back to its beginning at the end of a scope, also when it failed: one
/// that stays open would keep its transaction alive.
class Rewind {
 public:
  explicit Rewind(SQLite::Statement& statement) : statement_(statement) {}
  ~Rewind() { statement_.tryReset(); }
  Rewind(const Rewind&) = delete;
  Rewind& operator=(const Rewind&) = delete;

 private:
  SQLite::Statement& statement_;
};

inline std::int64_t to_integer(BootTime time) {
  return time.time_since_epoch().count();
}
inline std::int64_t to_integer(WallTime time) {
  return time.time_since_epoch().count();
}

template <class Time>
void bind_time(SQLite::Statement& statement, int index, const std::optional<Time>& time) {
  if (time) {
    statement.bind(index, to_integer(*time));
  } else {
    statement.bind(index);
  }
}

template <class Time>
std::optional<Time> get_time(const SQLite::Column& column) {
  if (column.isNull()) {
    return std::nullopt;
  }
  return Time(typename Time::duration(column.getInt64()));
}

}  // namespace ebbgate::storage
