#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/descriptor.h"

namespace ebbgate::metrics {

using SteadyTime = std::chrono::steady_clock::time_point;

/// What the server allows its clients. The defaults are the product's.
struct ServerLimits final {
  std::chrono::milliseconds head_time{3000};    ///< from accepting to the whole request head
  std::chrono::milliseconds total_time{10000};  ///< from accepting to the whole reply
  std::chrono::milliseconds linger_time{1000};  ///< for the client to close after the reply
  /// How long a client may keep a thread from requests that wait for one.
  std::chrono::milliseconds patience{1000};
  std::size_t head_bytes =
      std::size_t{16} * 1024;  ///< beyond which no more of a request head is received
  std::size_t body_bytes = std::size_t{1024} * 1024;
  std::size_t connections = 512;  ///< that send their request, and again that have their reply
  std::size_t queue = 64;         ///< whole requests that wait for a thread
  std::size_t threads = 32;
};

/// A client. One request each.
struct Connection {
  Descriptor socket;  // non-blocking
  SteadyTime accepted;
  std::string received;     // the request's head, and what came with it
  std::size_t scanned = 0;  // of `received`, in which its end was not found
};

}  // namespace ebbgate::metrics
