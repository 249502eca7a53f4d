#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace ebbgate::kubernetes {

/// What the API server says of a request that it refused.
struct ApiStatus {
  std::string message;  ///< as it came: however long, perhaps with secrets in it
  std::string reason;
  std::optional<Duration> retry_after;
};

/// Nothing where `body` is no Kubernetes Status.
std::optional<ApiStatus> parse_api_status(const std::string& body);

/// One line of at most a few hundred bytes, without control characters.
std::string one_line(const std::string& text);

}  // namespace ebbgate::kubernetes
