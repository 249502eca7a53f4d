#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"

namespace ebbgate::kubernetes {

/// Tells of failures that repeat: of the first at once, of those after it at most once a minute
/// with their number, and of the end of them.
class FailureLog final {
 public:
  using Line = std::function<void(const std::string&)>;
  static constexpr Duration kPause = std::chrono::minutes(1);

  FailureLog(std::string what, Line warn, Line info)
      : what_(std::move(what)), warn_(std::move(warn)), info_(std::move(info)) {}

  void failed(const std::string& why, BootTime now);
  void worked(BootTime now);

 private:
  const std::string what_;
  const Line warn_;
  const Line info_;
  int failures_ = 0;  // since it worked
  int untold_ = 0;
  BootTime first_;
  std::optional<BootTime> told_;
};

}  // namespace ebbgate::kubernetes
