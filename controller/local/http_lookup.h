#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace ebbgate::local {

/// The addresses of one host. The system's look-up may hang for half a minute and cannot be called
/// off, so it runs on a detached thread which owns nothing but this; whoever waits can be told not
/// to. Any thread.
class HttpLookup final : public std::enable_shared_from_this<HttpLookup> {
 public:
  struct Result {
    std::vector<std::string> addresses;  ///< numeric, in the order in which to try them
    std::string error;                   ///< why there are none
  };

  explicit HttpLookup(std::string host) : host_(std::move(host)) {}

  /// Waits for the addresses; nothing once abandoned. Called once.
  std::optional<Result> wait() EBBGATE_EXCLUDES(mutex_);
  void abandon() EBBGATE_EXCLUDES(mutex_);

 private:
  void set(Result result) EBBGATE_EXCLUDES(mutex_);

  const std::string host_;
  Mutex mutex_;
  Condition changed_;
  std::optional<Result> result_ EBBGATE_GUARDED_BY(mutex_);
  bool abandoned_ EBBGATE_GUARDED_BY(mutex_) = false;
};

}  // namespace ebbgate::local
