#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/descriptor.h"
#include "controller/kubernetes/waiter.h"

namespace ebbgate::kubernetes {

/// How long one address may take to answer.
inline constexpr Duration kConnectTime = std::chrono::seconds(5);

/// A TCP connection to the first address of `host` that answers, without delays for small packets,
/// probed while idle, and non-blocking. Returns why there is none.
std::variant<Descriptor, std::string> dial(const std::string& host, std::uint16_t port,
                                           const Waiter& waiter, BootTime deadline);

}  // namespace ebbgate::kubernetes
