#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "controller/kubernetes/waiter.h"

namespace ebbgate::kubernetes {

/// Looks hosts up. The system's look-up may hang for half a minute and cannot be called off, so it
/// runs on a detached thread that owns nothing but its answer; an address needs no thread.
class HostLookup final {
 public:
  struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    std::string text;
  };
  using Addresses = std::vector<Address>;  ///< never empty, in the order in which to try them

  /// Returns why there are none.
  static std::variant<Addresses, std::string> look_up(const std::string& host, std::uint16_t port,
                                                      const Waiter& waiter, BootTime deadline);
};

}  // namespace ebbgate::kubernetes
