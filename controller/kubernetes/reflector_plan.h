#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "controller/kubernetes/reflector.h"

namespace ebbgate::kubernetes {

/// How a list or a watch came to its end.
enum class ReadingEnd {
  whole,          ///< a list is complete; a watch was ended by the server as it was asked to
  resync,         ///< a watch has lasted until the next full list is due
  expired,        ///< 410: the resource version or the continue token is too old
  silent,         ///< a watch on which nothing came for too long
  broken,         ///< not sent, broken off, or refused for now (429, 5xx)
  refused,        ///< refused with another status
  forbidden,      ///< 403
  misunderstood,  ///< what came is not what a list or a watch consists of
};

/// What a reflector does after each list and watch. Pure decisions; one thread.
class ReflectorPlan final {
 public:
  explicit ReflectorPlan(const ReflectorOptions& options) : options_(options) {}

  struct Next {
    bool list = true;  ///< or watch, from where the reflector has come to
    Duration wait = Duration::zero();
    /// Why a watch has to begin anew, for ReflectorObserver; empty: nothing to tell.
    std::string_view restarted;
    bool in_doubt = false;  ///< a 403 that may pass by itself
  };
  /// `watching`: it was a watch that ended, after `lasted`; otherwise a list.
  Next after(ReadingEnd end, bool watching, Duration lasted, std::optional<Duration> retry_after,
             double random);

 private:
  Duration growing_wait(std::optional<Duration> retry_after, double random);

  const ReflectorOptions options_;
  int failures_ = 0;   // in a row
  int doubts_ = 0;     // of what is forbidden, in a row
  int forbidden_ = 0;  // watches after that, in a row
};

}  // namespace ebbgate::kubernetes
