#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

/// What is said of feedback's peers over HTTP and to Prometheus, as plain values.
namespace ebbgate::metrics {

/// What became of an attempt to reach a peer: connected, and proved by an answer or not ended yet;
/// the socket is missing or refuses; no answer in time (of the dial, a write or an
/// acknowledgement); closed by either side before it had proved itself.
inline constexpr std::array<std::string_view, 4> kReconnectOutcomeLabels{"connected", "refused",
                                                                         "timeout", "closed"};
/// Why a connection ended.
inline constexpr std::array<std::string_view, 8> kDisconnectLabels{
    "closed",     ///< by the peer
    "failed",     ///< an input or output error
    "timeout",    ///< a write or an acknowledgement took too long
    "retryable",  ///< the peer asked for a later try
    "garbage",    ///< what came is no answer
    "overlong",   ///< an answer without end
    "unasked",    ///< an answer to nothing
    "stopped",    ///< Ebbgate ends, or the peer was configured anew
};

/// One peer at one moment: accepted = delivered + rejected + dropped + queued + in_flight.
struct PeerStatus {
  std::string name;
  std::string socket;
  bool up = false;                       ///< a connection stands
  int level = 0;                         ///< of its reconnect backoff
  std::optional<BootTime> next_attempt;  ///< absent: connected, or dialling
  std::string problem;  ///< why it is not up, for people; empty: it is, or was not tried
  std::uint64_t accepted = 0;
  std::uint64_t delivered = 0;
  std::uint64_t rejected = 0;
  std::uint64_t dropped = 0;
  std::size_t queued = 0;
  std::size_t in_flight = 0;  ///< 0 or 1
  std::array<std::uint64_t, kReconnectOutcomeLabels.size()> attempts{};
  std::array<std::uint64_t, kDisconnectLabels.size()> disconnects{};
};

/// The answer to messages that were offered for a peer.
struct Offered {
  enum class What : std::uint8_t {
    taken,     ///< `queued` and `dropped` tell how many; those queued are on disk if asked for
    no_peer,   ///< there is no peer of this name
    wrong,     ///< `message` tells what is wrong with line `line`; nothing was taken
    full,      ///< durable only: not all fit; nothing was taken
    degraded,  ///< durable only: the store cannot be written now; they may be delivered still
    stopping,  ///< Ebbgate ends; nothing was taken
  };
  What what = What::taken;
  std::size_t queued = 0;
  std::size_t dropped = 0;
  std::size_t line = 0;  ///< from 1
  std::string message;
};

/// Where the server gets it from, and hands messages to. Any thread. None waits for a peer.
class FeedbackSource {
 public:
  virtual ~FeedbackSource() = default;
  /// In the order of the configuration; each taken under one lock.
  virtual std::vector<PeerStatus> peers() = 0;
  /// `body` is one JSON object, or one a line. `durable` waits, for about a second at most, until
  /// what was taken is on disk.
  virtual Offered offer(const std::string& peer, const std::string& body, bool durable) = 0;
};

}  // namespace ebbgate::metrics
