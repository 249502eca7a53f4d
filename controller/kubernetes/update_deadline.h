#pragma once

#include <chrono>

#include "base/clock.h"

namespace ebbgate::kubernetes {

/// How long one update's PATCH may take, the client's wait included (the server is asked to give up
/// earlier). No PATCH is sent with less of the lease left than this.
inline constexpr Duration kPatchDeadline = std::chrono::seconds(12);

}  // namespace ebbgate::kubernetes
