#include <vector>

#include <doctest/doctest.h>

#include "controller/feedback/reconnect_backoff.h"

namespace ebbgate::feedback {
namespace {

using namespace std::chrono_literals;
using governor::Jitter;
using governor::RetrySettings;

constexpr RetrySettings kSettings{2s, 2, 2min, Jitter::none};
constexpr BootTime kStart{1h};
constexpr Duration kGrace = ReconnectBackoff::kListenGrace;

ReconnectBackoff backoff(RetrySettings settings = kSettings, double random = 0.5) {
  return {settings, [random] { return random; }};
}

TEST_CASE("without history a peer is dialled at once") {
  CHECK(backoff().next() == BootTime::min());
}

TEST_CASE("failures are followed by 2, 4, 8 and up to 120 s of rest") {
  ReconnectBackoff peer = backoff();
  std::vector<Duration> waits;
  BootTime now = kStart;
  for (int i = 0; i < 9; ++i) {
    peer.failed(now);
    waits.push_back(peer.next() - now);
    now = peer.next();
    CHECK_FALSE(peer.dial(now));
  }
  CHECK(waits == std::vector<Duration>{2s, 4s, 8s, 16s, 32s, 64s, 120s, 120s, 120s});
  CHECK(peer.level() == 7);
}

TEST_CASE("proof brings the peer back to the beginning") {
  ReconnectBackoff peer = backoff();
  for (int i = 0; i < 5; ++i) peer.failed(kStart);
  peer.proved();
  CHECK(peer.level() == 0);
  CHECK(peer.next() == BootTime::min());
  peer.failed(kStart);
  CHECK(peer.next() == kStart + 2s);
}

TEST_CASE("jitter is drawn once for each failure") {
  CHECK([] {
    ReconnectBackoff peer = backoff({2s, 2, 2min, Jitter::equal});
    peer.failed(kStart);
    return peer.next();
  }() == kStart + 1500ms);
  double random = 0.25;
  ReconnectBackoff peer({2s, 2, 2min, Jitter::full}, [&random] { return random; });
  peer.failed(kStart);
  random = 0.75;
  CHECK(peer.next() == kStart + 500ms);
  peer.failed(kStart);
  CHECK(peer.next() == kStart + 3s);
}

TEST_CASE("a factor of 1 keeps to the base, and a tiny one to the highest level") {
  ReconnectBackoff constant = backoff({2s, 1, 2min, Jitter::none});
  ReconnectBackoff slow = backoff({2s, 1.001, 2min, Jitter::none});
  for (int i = 0; i < 100; ++i) {
    constant.failed(kStart);
    slow.failed(kStart);
  }
  CHECK(constant.level() == 1);
  CHECK(constant.next() == kStart + 2s);
  CHECK(slow.level() == ReconnectBackoff::kHighestLevel);
}

TEST_CASE("a restart goes on where the failures before it had come to") {
  ReconnectBackoff peer = backoff();
  peer.restore(3, kStart - 5s, kStart);
  CHECK(peer.level() == 3);
  CHECK(peer.next() == kStart + 3s);
}

TEST_CASE("on another boot, or with a time to come, the failure counts as now") {
  ReconnectBackoff other_boot = backoff();
  other_boot.restore(3, std::nullopt, kStart);
  CHECK(other_boot.next() == kStart + 8s);
  ReconnectBackoff to_come = backoff();
  to_come.restore(3, kStart + 1h, kStart);
  CHECK(to_come.next() == kStart + 8s);
}

TEST_CASE("a restored level is brought down to what the settings know") {
  ReconnectBackoff peer = backoff();
  peer.restore(64, kStart, kStart);
  CHECK(peer.level() == 7);
  peer.configure({2s, 2, 16s, Jitter::none});
  CHECK(peer.level() == 4);
  CHECK(peer.next() == kStart + 16s);
}

TEST_CASE("a socket that appears is dialled early, once, and the schedule stays") {
  ReconnectBackoff peer = backoff();
  peer.restore(5, kStart, kStart);
  peer.appeared(kStart + 10s);
  CHECK(peer.next() == kStart + 10s + kGrace);
  CHECK(peer.dial(kStart + 10s + kGrace));
  CHECK(peer.next() == kStart + 32s);
  CHECK(peer.level() == 5);
  peer.appeared(kStart + 11s);
  CHECK(peer.next() == kStart + 32s);
  CHECK_FALSE(peer.dial(kStart + 32s));
}

TEST_CASE("each scheduled attempt allows an early one again") {
  ReconnectBackoff peer = backoff();
  peer.failed(kStart);
  peer.appeared(kStart);
  CHECK(peer.dial(peer.next()));
  CHECK_FALSE(peer.dial(kStart + 2s));
  peer.failed(kStart + 2s);
  peer.appeared(kStart + 3s);
  CHECK(peer.next() == kStart + 3s + kGrace);
}

TEST_CASE("an appearance just before the scheduled attempt does not come before or after it") {
  ReconnectBackoff peer = backoff();
  peer.failed(kStart);
  peer.appeared(kStart + 1990ms);
  CHECK(peer.next() == kStart + 2s);
  CHECK_FALSE(peer.dial(kStart + 2s));
  peer.failed(kStart + 2s);
  CHECK(peer.next() == kStart + 6s);
}

}  // namespace
}  // namespace ebbgate::feedback
