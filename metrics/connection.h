#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "base/descriptor.h"
#include "metrics/byte_budget.h"
#include "metrics/request_head.h"

namespace ebbgate::metrics {

using SteadyTime = std::chrono::steady_clock::time_point;

/// What the server allows its clients. The defaults are the product's.
struct ServerLimits final {
  std::chrono::milliseconds head_time{3000};    ///< from accepting to the whole request head
  std::chrono::milliseconds body_time{6000};    ///< from accepting to the whole request body
  std::chrono::milliseconds total_time{10000};  ///< from accepting to the whole reply
  std::chrono::milliseconds linger_time{1000};  ///< for the client to close after the reply
  /// How long a client may keep a thread from requests that wait for one.
  std::chrono::milliseconds patience{1000};
  std::size_t head_bytes =
      std::size_t{16} * 1024;  ///< beyond which no more of a request head is received
  std::size_t body_bytes = std::size_t{1024} * 1024;         ///< of one request
  std::size_t bodies_bytes = std::size_t{16} * 1024 * 1024;  ///< of all that are not answered
  std::size_t connections = 512;  ///< that send their request, and again that have their reply
  std::size_t queue = 64;         ///< whole requests that wait for a thread
  std::size_t threads = 32;
};

/// Told when a thread begins (true) and ceases to wait for its client to take more of a reply.
using ClientWait = std::function<void(bool waits)>;

/// A client. One request each.
struct Connection {
  Descriptor socket;  // non-blocking
  SteadyTime accepted;
  std::string received;     // the request so far
  std::size_t scanned = 0;  // of `received`, in which the head's end was not found
  std::size_t head_size = 0;
  std::optional<RequestHead> head;  // once all of it has come
  ByteBudget::Share body_share;
};

}  // namespace ebbgate::metrics
