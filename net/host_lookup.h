#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"

#include "net/failure.h"
#include "net/waiter.h"

namespace ebbgate::net {

/// Looks hosts up. The system's look-up may hang for half a minute and cannot be called off, so it
/// runs on detached threads, at most `kMostThreads` of them, which own nothing but what they share
/// here. Whoever asks for a name that is being looked up waits for that answer; further names wait
/// for a thread, in turn, and are given up when nobody waits for them any more. An address needs
/// no thread. Nothing is remembered once it is answered. Any thread.
class HostLookup final {
 public:
  static constexpr std::size_t kMostThreads = 8;

  struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    std::string text;
  };
  using Addresses = std::vector<Address>;  ///< never empty, in the order in which to try them
  using Found = std::variant<Addresses, Failure>;
  /// Blocks; any thread.
  using Resolve = std::function<Found(const std::string& host)>;

  explicit HostLookup(Resolve resolve);

  Found look_up(const std::string& host, std::uint16_t port, const Waiter& waiter,
                BootTime deadline);

  /// By the system's resolver. Never destroyed, for a thread may hang at the process's end.
  static HostLookup& system();

 private:
  struct State;
  struct Question;
  static void work(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace ebbgate::net
