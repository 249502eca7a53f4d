#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/descriptor.h"

#include "net/failure.h"
#include "net/waiter.h"

namespace ebbgate::net {

/// How long one address may take to answer.
inline constexpr Duration kConnectTime = std::chrono::seconds(5);

/// Where somebody listens.
struct Endpoint {
  std::string host;  ///< a name or an address, an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string socket_path = {};  ///< of a Unix socket; then host and port say nothing
};

/// A connection to the first address of `endpoint` that answers, non-blocking; over TCP without
/// delays for small packets, and probed while idle. What is left of the time is shared out among
/// the addresses.
std::variant<Descriptor, Failure> dial(const Endpoint& endpoint, const Waiter& waiter,
                                       BootTime deadline);

}  // namespace ebbgate::net
