// Long because everything between the disk, the socket and who offers is tried in one place.
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "controller/feedback/feedback_service.h"
#include "controller/feedback/peer.h"
#include "tests/unit/feedback/fake_store.h"
#include "tests/unit/feedback/peer_support.h"
#include "tests/unit/feedback/socket_support.h"
#include "tests/unit/few_descriptors.h"

namespace ebbgate::feedback {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using metrics::Offered;

const std::string kOk = "{\"ok\":true}\n";
const std::string kLater = "{\"ok\":false,\"error\":\"warming up\",\"retryable\":true}\n";

struct Lines {
  mutable Mutex mutex;
  std::vector<std::string> info EBBGATE_GUARDED_BY(mutex);
  std::vector<std::string> warn EBBGATE_GUARDED_BY(mutex);

  auto into(std::vector<std::string> Lines::*list) {
    return [this, list](const std::string& peer, const std::string& line) {
      const MutexLock lock(mutex);
      (this->*list).push_back(peer + ": " + line);
    };
  }
  std::size_t count(std::vector<std::string> Lines::*list) const {
    const MutexLock lock(mutex);
    return (this->*list).size();
  }
};

struct World {
  Folder folder;
  SystemClock clock;
  Lines lines;
  FakeStore store;
  std::unique_ptr<FeedbackService> service;
  PeerSettings settings = settings_of("sidecar");

  World() {
    settings.socket = folder.path("s");
    settings.dial_timeout = settings.write_timeout = settings.ack_timeout = 60s;
    settings.reconnect = {1ms, 1, 1ms, governor::Jitter::none};
    make();
  }
  void make() {
    service = std::make_unique<FeedbackService>(
        FeedbackService::Parts{store, clock, lines.into(&Lines::info), lines.into(&Lines::warn),
                               [](const std::string&, const std::string&) {}, [] { return 0.5; }});
  }
  void start() { REQUIRE_FALSE(service->configure({settings})); }
  // A process that ends cleanly, or by kill -9, and another.
  void restart() {
    service->stop();
    make();
    service->restore(store.peers(), store.messages(), true);
  }
  metrics::PeerStatus status() {
    const auto statuses = service->peers();
    REQUIRE(statuses.size() == 1);
    CHECK(adds_up(statuses[0]));
    return statuses[0];
  }
  Offered offer(std::initializer_list<const char*> ids, bool durable = false) {
    std::string body;
    for (const char* id : ids) body += message_of(id).line + "\n";
    return service->offer("sidecar", body, durable);
  }
  bool waits_longer() {
    return comes_true([this] { return status().level > 0; });
  }
};

std::string line_of(const char* id) {
  return message_of(id).line;
}

TEST_CASE("messages arrive in order, each acknowledged before the next") {
  World world;
  Listener listener(world.settings.socket);
  world.start();
  Accepted peer = listener.accept();
  const Offered offered = world.offer({"a", "b"});
  CHECK(offered.what == Offered::What::taken);
  CHECK(offered.queued == 2);
  CHECK(peer.read_line() == line_of("a"));
  CHECK(world.status().in_flight == 1);
  peer.write(kOk);
  CHECK(peer.read_line() == line_of("b"));
  peer.write("{\"ok\":false,\"error\":\"no\"}\n");
  CHECK(comes_true([&world] { return world.status().rejected == 1; }));
  CHECK(world.status().delivered == 1);
  CHECK(world.status().up);
}

TEST_CASE("who offers learns of an unknown peer, and of the line that is wrong") {
  World world;
  world.start();
  CHECK(world.service->offer("nobody", line_of("a"), false).what == Offered::What::no_peer);
  const Offered wrong = world.service->offer("sidecar", line_of("a") + "\n{}", false);
  CHECK(wrong.what == Offered::What::wrong);
  CHECK(wrong.line == 2);
  CHECK_FALSE(wrong.message.empty());
  CHECK(world.status().accepted == 0);
}

TEST_CASE("nobody who offers waits for a peer that hangs, and what finds no room is dropped") {
  World world;
  world.settings.queue = 10;
  const Listener listener(world.settings.socket);
  world.start();
  std::size_t dropped = 0;
  for (int i = 0; i < 1000; ++i) dropped += world.offer({"a"}).dropped;
  CHECK(dropped >= 989);
  CHECK(world.status().dropped == dropped);
  CHECK(world.status().accepted == 1000);
}

TEST_CASE("a message whose connection is lost goes first on the next one") {
  World world;
  Listener listener(world.settings.socket);
  world.start();
  world.offer({"a", "b"});
  {
    Accepted peer = listener.accept();
    CHECK(peer.read_line() == line_of("a"));
  }
  {
    Accepted peer = listener.accept();
    CHECK(peer.read_line() == line_of("a"));
    peer.write(kLater);
    CHECK(peer.read_line().empty());
  }
  Accepted peer = listener.accept();
  CHECK(peer.read_line() == line_of("a"));
  peer.write(kOk);
  CHECK(peer.read_line() == line_of("b"));
  peer.write(kOk);
  CHECK(comes_true([&world] { return world.status().delivered == 2; }));
  CHECK(world.status().disconnects[static_cast<std::size_t>(Ending::closed)] == 1);
  CHECK(world.status().disconnects[static_cast<std::size_t>(Ending::retryable)] == 1);
}

TEST_CASE("answers that nobody asked for end the connection, idle or not") {
  World world;
  Listener listener(world.settings.socket);
  world.start();
  const auto unasked = [&world](std::uint64_t count) {
    return comes_true([&world, count] {
      return world.status().disconnects[static_cast<std::size_t>(Ending::unasked)] == count;
    });
  };
  Accepted idle = listener.accept();
  idle.write(kOk);
  CHECK(unasked(1));
  Accepted busy = listener.accept();
  world.offer({"a"});
  busy.read_line();
  busy.write(kOk + kOk);
  CHECK(unasked(2));
  CHECK(world.status().delivered == 1);
}

TEST_CASE("a socket that appears is tried without waiting for the schedule") {
  World world;
  world.settings.reconnect = {1h, 2, 2h, governor::Jitter::none};
  world.start();
  REQUIRE(world.waits_longer());
  Listener listener(world.settings.socket);
  Accepted peer = listener.accept();
  CHECK(world.status().level == 1);
  world.offer({"a"});
  peer.read_line();
  peer.write(kOk);
  CHECK(comes_true([&world] { return world.status().level == 0; }));
}

TEST_CASE("the first failure of an outage and the recovery are told of, and nothing between") {
  World world;
  world.start();
  REQUIRE(comes_true([&world] { return world.status().attempts[1] > 5; }));
  CHECK(world.lines.count(&Lines::warn) == 1);
  CHECK(world.lines.count(&Lines::info) == 0);
  Listener listener(world.settings.socket);
  world.offer({"a", "b"});
  Accepted peer = listener.accept();
  for (int i = 0; i < 2; ++i) {
    peer.read_line();
    peer.write(kOk);
  }
  REQUIRE(comes_true([&world] { return world.status().delivered == 2; }));
  CHECK(comes_true([&world] { return world.lines.count(&Lines::info) == 1; }));
  CHECK(world.lines.count(&Lines::warn) == 1);
}

TEST_CASE("the backoff is on disk, so that a restart in an outage goes on with it") {
  World world;
  world.settings.reconnect = {1h, 2, 8h, governor::Jitter::none};
  world.start();
  REQUIRE(world.waits_longer());
  REQUIRE(comes_true([&world] { return world.store.peers().size() == 1; }));
  const auto row = world.store.peers().at(0);
  CHECK(row.level == 1);
  world.restart();
  world.start();
  CHECK(world.status().level == 1);
  CHECK(world.status().next_attempt == row.failed_at + 1h);
}

TEST_CASE("messages write nothing to the disk unless they are durable") {
  World world;
  Listener listener(world.settings.socket);
  world.start();
  Accepted peer = listener.accept();
  for (int i = 0; i < 10; ++i) {
    world.offer({"a"});
    peer.read_line();
    peer.write(kOk);
  }
  CHECK(comes_true([&world] { return world.status().delivered == 10; }));
  CHECK(world.store.submits() == 0);
}

TEST_CASE("what waits at the end is sent by the next process, in order and before what is newer") {
  World world;
  Listener listener(world.settings.socket);
  world.start();
  world.offer({"a", "b", "c"});
  Accepted peer = listener.accept();
  CHECK(peer.read_line() == line_of("a"));
  world.restart();
  CHECK(world.store.messages().size() == 3);
  CHECK(world.store.messages()[0].attempts == 1);
  world.start();
  world.offer({"d"});
  CHECK(world.status().accepted == 4);
  Accepted again = listener.accept();
  for (const char* id : {"a", "b", "c", "d"}) {
    CHECK(again.read_line() == line_of(id));
    again.write(kOk);
  }
  CHECK(comes_true([&world] { return world.store.messages().empty(); }));
}

TEST_CASE("durable messages are on disk before they are acknowledged, and go when delivered") {
  World world;
  world.start();
  CHECK(world.offer({"a", "b"}, true).what == Offered::What::taken);
  CHECK(world.store.messages().size() == 2);
  Listener listener(world.settings.socket);
  Accepted peer = listener.accept();
  peer.read_line();
  peer.write(kOk);
  CHECK(peer.read_line() == line_of("b"));
  CHECK(comes_true([&world] { return world.store.messages().size() == 1; }));
}

TEST_CASE("durable messages that do not all fit are refused as a whole") {
  World world;
  world.settings.queue = 2;
  world.start();
  CHECK(world.offer({"a", "b", "c"}, true).what == Offered::What::full);
  CHECK(world.store.messages().empty());
  CHECK(world.status().accepted == 0);
}

TEST_CASE("a store that cannot be written is said to be so, and the messages go all the same") {
  World world;
  world.store.degrade();
  Listener listener(world.settings.socket);
  world.start();
  CHECK(world.offer({"a"}, true).what == Offered::What::degraded);
  Accepted peer = listener.accept();
  CHECK(peer.read_line() == line_of("a"));
  peer.write(kOk);
  CHECK(comes_true([&world] { return world.store.messages().empty(); }));
}

TEST_CASE("a message that is delivered before its row is on disk leaves no row behind") {
  World world;
  Listener listener(world.settings.socket);
  world.start();
  world.store.hold();
  std::thread producer([&world] { world.offer({"a"}, true); });
  Accepted peer = listener.accept();
  peer.read_line();
  peer.write(kOk);
  CHECK(comes_true([&world] { return world.status().delivered == 1; }));
  world.store.release();
  producer.join();
  CHECK(world.store.messages().empty());
}

TEST_CASE("after the end nothing is taken, and ending again does no harm") {
  World world;
  world.start();
  world.offer({"a"});
  world.service->stop();
  world.service->stop();
  CHECK(world.offer({"b"}).what == Offered::What::stopping);
  CHECK(world.status().queued == 1);
  CHECK(world.store.messages().size() == 1);
}

TEST_CASE("the end comes soon, whatever the peers do") {
  World world;
  const Listener hanging(world.settings.socket);
  const Listener crowded(world.folder.path("crowded"), 0);
  std::vector<PeerSettings> peers;
  for (int i = 0; i < 6; ++i) {
    peers.push_back(world.settings);
    peers.back().name += std::to_string(i);
    if (i >= 2) peers.back().socket = world.folder.path(i == 2 ? "absent" : "crowded");
  }
  REQUIRE_FALSE(world.service->configure(peers));
  for (const PeerSettings& peer : peers) world.service->offer(peer.name, line_of("a"), false);
  REQUIRE(comes_true([&world] { return world.service->peers()[0].in_flight == 1; }));
  const BootTime begin = BootClock::now();
  world.service->stop();
  CHECK(BootClock::now() - begin < 20s);
  CHECK(world.store.messages().size() == 6);
}

TEST_CASE("the trouble of one peer touches no other") {
  World world;
  const Listener hanging(world.folder.path("hanging"));
  PeerSettings other = world.settings;
  other.name = "hanging";
  other.socket = world.folder.path("hanging");
  Listener listener(world.settings.socket);
  REQUIRE_FALSE(world.service->configure({other, world.settings}));
  world.service->offer("hanging", line_of("x"), false);
  Accepted peer = listener.accept();
  for (int i = 0; i < 100; ++i) {
    world.offer({"a"});
    CHECK(peer.read_line() == line_of("a"));
    peer.write(kOk);
  }
  CHECK(comes_true([&world] { return world.service->peers()[1].delivered == 100; }));
  CHECK(world.service->peers()[0].delivered == 0);
}

TEST_CASE("outcomes go to the peers that want them") {
  World world;
  PeerSettings other = world.settings;
  other.name = "other";
  other.socket = world.folder.path("other");
  other.outcomes = true;
  REQUIRE_FALSE(world.service->configure({world.settings, other}));
  world.service->outcome("a", line_of("a"));
  CHECK(world.service->peers()[0].accepted == 0);
  CHECK(world.service->peers()[1].accepted == 1);
}

TEST_CASE("a peer that is configured anew keeps its messages and counts, and uses a new socket") {
  World world;
  Listener listener(world.settings.socket);
  world.start();
  Accepted peer = listener.accept();
  world.offer({"a", "b"});
  CHECK(peer.read_line() == line_of("a"));
  world.settings.socket = world.folder.path("elsewhere");
  Listener elsewhere(world.settings.socket);
  world.start();
  CHECK(peer.read_line().empty());
  Accepted again = elsewhere.accept();
  CHECK(again.read_line() == line_of("a"));
  CHECK(world.status().accepted == 2);
  CHECK(world.status().disconnects.back() == 1);
}

TEST_CASE("a configuration that says the same touches no connection") {
  World world;
  Listener listener(world.settings.socket);
  world.start();
  Accepted peer = listener.accept();
  world.start();
  world.offer({"a"});
  CHECK(peer.read_line() == line_of("a"));
  CHECK_FALSE(listener.is_dialled());
}

TEST_CASE("messages of a peer that is taken out wait for its return") {
  World world;
  world.start();
  world.offer({"a"});
  REQUIRE_FALSE(world.service->configure({}));
  CHECK(world.store.messages().size() == 1);
  CHECK(world.offer({"b"}).what == Offered::What::no_peer);
  Listener listener(world.settings.socket);
  world.start();
  Accepted peer = listener.accept();
  CHECK(peer.read_line() == line_of("a"));
}

// UBSan, which comes with ASan here, looks at what is caught by means of a pipe: without
// descriptors it takes each exception for one of another type.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kNeedsDescriptors = true;
#else
constexpr bool kNeedsDescriptors = false;
#endif

TEST_CASE("peers for which there are too few descriptors change nothing, and keep their messages" *
          doctest::skip(kNeedsDescriptors)) {
  for (std::size_t left = 0; left < 8; ++left) {
    CAPTURE(left);
    World world;
    PeerSettings other = world.settings;
    other.name = "other";
    other.socket = world.folder.path("o");
    const std::vector<PeerSettings> both{world.settings, other};
    REQUIRE_FALSE(world.service->configure(both));
    REQUIRE(world.service->offer("other", line_of("o") + "\n", false).queued == 1);
    REQUIRE(world.offer({"a"}).queued == 1);
    REQUIRE_FALSE(world.service->configure({}));
    {
      const FewDescriptors few(left);
      const auto problem = world.service->configure(both);
      CHECK(world.service->peers().size() == (problem ? 0 : 2));
      if (left == 0) REQUIRE(problem);
    }
    Listener listener(world.settings.socket);
    Listener other_listener(other.socket);
    REQUIRE_FALSE(world.service->configure(both));
    CHECK(listener.accept().read_line() == line_of("a"));
    CHECK(other_listener.accept().read_line() == line_of("o"));
  }
}

TEST_CASE("numbers of messages do not begin anew when a peer comes back") {
  // Else the late end of an earlier message would take a newer one's row.
  World world;
  Listener listener(world.settings.socket);
  world.start();
  Accepted peer = listener.accept();
  world.offer({"a"}, true);
  peer.read_line();
  peer.write(kOk);
  REQUIRE(comes_true([&] { return world.status().delivered == 1; }));
  REQUIRE_FALSE(world.service->configure({}));
  world.start();
  world.offer({"b"}, true);
  REQUIRE(world.store.messages().size() == 1);
  CHECK(world.store.messages()[0].number > 1);
}

TEST_CASE("what was stored for a peer that is not configured stays where it is") {
  World world;
  world.start();
  world.offer({"a"}, true);
  world.restart();
  REQUIRE_FALSE(world.service->configure({}));
  world.restart();
  CHECK(world.store.messages().size() == 1);
  Listener listener(world.settings.socket);
  world.start();
  Accepted peer = listener.accept();
  CHECK(peer.read_line() == line_of("a"));
}

TEST_CASE(
    "many may offer at once while a peer comes and goes, and every message is accounted for") {
  World world;
  world.settings.attempts = 3;
  world.settings.queue = 20;
  Listener listener(world.settings.socket);
  world.start();
  std::atomic<bool> done = false;
  std::thread peers([&] {
    for (int connection = 0; !done; ++connection) {
      if (!comes_true([&] { return done || listener.is_dialled(); }) || done) return;
      Accepted peer = listener.accept();
      for (int i = 0; i < connection % 7; ++i) {
        if (peer.read_line().empty() || !peer.write(kOk)) break;
      }
    }
  });
  std::vector<std::thread> producers;
  producers.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    producers.emplace_back([&world, thread] {
      for (int i = 0; i < 100; ++i) world.offer({"a", "b"}, thread == 0);
    });
  }
  for (int i = 0; i < 100; ++i) CHECK(adds_up(world.status()));
  for (std::thread& producer : producers) producer.join();
  const bool empty = comes_true([&world] {
    const auto status = world.status();
    return status.queued + status.in_flight == 0;
  });
  done = true;
  world.service->stop();
  peers.join();
  CHECK(empty);
  CHECK(world.status().accepted >= 600);
  CHECK(world.store.messages().empty());
}

}  // namespace
}  // namespace ebbgate::feedback
