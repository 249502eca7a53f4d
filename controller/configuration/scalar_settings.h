#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/configuration/values.h"
#include "controller/settings.h"

namespace ebbgate::configuration {

/// A setting outside lists. From it come its key in the file, its flag, its variable, its help and
/// its line in what `check` prints.
struct ScalarSetting {
  std::string key;    ///< `backoff.max`
  std::string value;  ///< its type, as help shows it: DURATION
  std::string help;
  /// As read_… of values.h.
  std::function<Problem(std::string_view text, Settings& settings)> read;
  /// Text that reads back the same.
  std::function<std::string(const Settings& settings)> write;
  bool reload = true;      ///< whether SIGHUP may change it
  bool free_text = false;  ///< may be anything, so that it is written in quotes

  /// What stands before the last dot: `backoff` of `backoff.max`; empty where there is no dot.
  std::string_view section() const;
  /// `max` of `backoff.max`.
  std::string_view name() const;
};

/// All of them, sections together, in the order in which they are shown.
const std::vector<ScalarSetting>& scalar_settings();

}  // namespace ebbgate::configuration
