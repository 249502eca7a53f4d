#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "controller/governor/limits.h"

namespace ebbgate::feedback {

/// A receiver of feedback on a Unix socket, and how it is treated.
struct PeerSettings final {
  std::string name;          ///< in metrics, paths and the database
  std::string socket;        ///< absolute once loaded
  std::size_t queue = 1000;  ///< messages that may wait, the one in flight not counted
  bool outcomes = false;     ///< whether Ebbgate's own outcomes go there too
  Duration dial_timeout = std::chrono::seconds(5);
  Duration write_timeout = std::chrono::seconds(2);
  Duration ack_timeout = std::chrono::seconds(2);
  int attempts = 10;                                 ///< of one message, then it is rejected
  std::size_t max_message = std::size_t{64} * 1024;  ///< bytes of a message, without its newline
  std::string required_owner;  ///< of the socket: a user's name or number; empty: unchecked
  std::optional<std::uint32_t> required_mode;  ///< permission bits; absent: unchecked
  governor::RetrySettings reconnect{std::chrono::seconds(2), 2, std::chrono::minutes(2),
                                    governor::Jitter::none};
  bool operator==(const PeerSettings&) const = default;
};

}  // namespace ebbgate::feedback
