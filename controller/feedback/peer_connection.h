#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/mutex.h"
#include "controller/feedback/line_reader.h"
#include "controller/feedback/peer.h"
#include "controller/feedback/settings.h"

namespace ebbgate::feedback {

/// The socket to a peer: one line out, one line back, each within its own time as a whole. One
/// thread uses it; any other may interrupt.
class PeerConnection final {
 public:
  /// Bytes of an answer, at most.
  static constexpr std::size_t kLongestAnswer = std::size_t{64} * 1024;

  enum class Dialled : std::uint8_t { connected, refused, late, interrupted };

  struct Exchanged {
    std::optional<Ending> ending;  ///< absent: `line` is there
    std::string_view line;         ///< valid until the next call
  };

  PeerConnection() : reader_(kLongestAnswer) {}

  /// Not while connected.
  Dialled dial(const PeerSettings& settings);
  /// Sends `line` and a newline, and waits for the answer. Interrupted: Ending::stopped.
  Exchanged exchange(std::string_view line);
  /// Nothing was asked, but the socket is ready for reading, or bytes are left: why the connection
  /// is to be closed, if it is.
  std::optional<Ending> look();
  /// Whether bytes follow the last answer.
  bool has_more() const { return !reader_.empty(); }
  /// To poll for reading while nothing is asked; below 0: not connected.
  int descriptor() const { return socket_.get(); }
  void close();
  /// Why the last call ended as it did, for people.
  const std::string& problem() const { return problem_; }

  /// Any thread: ends what waits, and whatever would wait later, until allow().
  void interrupt();
  /// No call may be under way.
  void allow() { interrupted_ = false; }

 private:
  Dialled connect(const PeerSettings& settings, BootTime deadline);
  std::optional<Ending> send(std::string_view line);
  std::optional<Ending> send_rest(std::string_view line, std::size_t sent);
  std::optional<Ending> receive(BootTime deadline);
  std::optional<Ending> received(long got, int error);
  bool wait(short events, BootTime deadline) const;
  Ending end(Ending ending, std::string problem);

  LineReader reader_;
  Duration write_timeout_{0};
  Duration ack_timeout_{0};
  std::string problem_;
  std::atomic<bool> interrupted_{false};
  Mutex mutex_;  // held where the descriptor changes, and by who interrupts
  Descriptor socket_;
};

}  // namespace ebbgate::feedback
