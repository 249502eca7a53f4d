// Long because one peer's whole life is tried in one place: queue, attempts, backoff, restarts.
#include "controller/feedback/peer.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/feedback/peer_support.h"

namespace ebbgate::feedback {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using Level = Note::Level;
using What = Peer::Step::What;

constexpr BootTime kStart{1h};

struct World {
  BootTime now = kStart;
  PeerSettings settings = settings_of("sidecar");
  Peer peer{settings, [] { return 0.5; }};

  Peer::Step next() { return peer.next(now); }
  metrics::PeerStatus status() {
    metrics::PeerStatus status = peer.status(now);
    CHECK(adds_up(status));
    return status;
  }
  void connect() {
    REQUIRE(next().what == What::dial);
    peer.connected(now);
  }
  void lose() { peer.ended(Ending::closed, "closed by the peer", now); }
  // What it sends now; empty: nothing.
  std::string send() {
    const Peer::Step step = next();
    return step.what == What::send ? step.letter->message.job_id : "";
  }
  bool answer(Answer::What what) { return peer.answered({what, "because"}, now); }
  // Waits for the next scheduled dial.
  void wait() {
    const Peer::Step step = next();
    REQUIRE(step.what == What::wait);
    REQUIRE(step.until > now);
    now = step.until;
  }
  void offer(std::initializer_list<const char*> ids) {
    std::vector<Message> messages;
    for (const char* id : ids) messages.push_back(message_of(id));
    peer.offer(std::move(messages));
  }
};

TEST_CASE("a peer is dialled at once, and its messages go in order, one after the other") {
  World world;
  world.offer({"a", "b"});
  world.connect();
  CHECK(world.send() == "a");
  CHECK(world.status().in_flight == 1);
  CHECK(world.status().queued == 1);
  CHECK(world.answer(Answer::What::ok));
  CHECK(world.send() == "b");
  CHECK(world.answer(Answer::What::ok));
  CHECK(world.next().what == What::wait);
  CHECK(world.next().until == BootTime::max());
  CHECK(world.status().delivered == 2);
  CHECK(world.status().up);
  world.offer({"c"});
  CHECK(world.send() == "c");
}

TEST_CASE("a peer that accepts and closes is dialled after 2, 4, 8 and up to 120 s, never sooner") {
  World world;
  world.offer({"a"});
  std::vector<Duration> waits;
  BootTime last = world.now;
  while (world.now < kStart + 10min) {
    world.connect();
    world.lose();
    world.wait();
    waits.push_back(world.now - last);
    last = world.now;
  }
  CHECK(waits == std::vector<Duration>{2s, 4s, 8s, 16s, 32s, 64s, 120s, 120s, 120s, 120s});
  CHECK(world.status().attempts == std::array<std::uint64_t, 4>{0, 0, 0, 10});
  CHECK(world.status().disconnects[0] == 10);
  CHECK(world.status().level == 7);
}

TEST_CASE("a restart in the middle of an outage neither resets the backoff nor dials at once") {
  World world;
  for (int i = 0; i < 4; ++i) {
    REQUIRE(world.next().what == What::dial);
    world.peer.not_connected(false, "nobody listens", world.now);
    if (i < 3) world.wait();
  }
  const auto effects = world.peer.take_effects();
  REQUIRE(effects.batch.peers.size() == 1);
  CHECK(effects.batch.peers[0] == storage::PeerRow{"sidecar", 4, world.now});

  world.now += 5s;
  World again;
  again.now = world.now;
  again.peer.restore(effects.batch.peers[0], {}, true, again.now);
  CHECK(again.status().level == 4);
  CHECK(again.status().next_attempt == again.now + 11s);
  again.wait();
  CHECK(again.now == world.now + 11s);
  REQUIRE(again.next().what == What::dial);
  again.peer.not_connected(false, "nobody listens", again.now);
  CHECK(again.status().level == 5);
}

TEST_CASE("only an answer proves a peer: of ok, or that it does not want the message") {
  for (const auto what : {Answer::What::ok, Answer::What::rejected}) {
    World world;
    world.offer({"a"});
    world.connect();
    world.lose();
    world.wait();
    world.connect();
    CHECK(world.status().level == 1);
    CHECK(world.send() == "a");
    world.peer.take_effects();
    CHECK(world.answer(what));
    CHECK(world.status().level == 0);
    CHECK(world.peer.take_effects().batch.peers.at(0).level == 0);
  }
}

TEST_CASE(
    "a connection that had proved itself and is lost is dialled after the base, not at once") {
  World world;
  for (int i = 0; i < 5; ++i) {
    world.offer({"a"});
    world.connect();
    world.send();
    world.answer(Answer::What::ok);
    world.lose();
    CHECK(world.next().until == world.now + 2s);
    world.wait();
  }
  CHECK(world.status().attempts[0] == 5);
}

TEST_CASE("a retryable answer closes the connection, and the message goes first on the next one") {
  World world;
  world.offer({"a", "b"});
  world.connect();
  CHECK(world.send() == "a");
  CHECK_FALSE(world.answer(Answer::What::retryable));
  CHECK_FALSE(world.status().up);
  CHECK(world.status().level == 1);
  CHECK(world.status().in_flight == 1);
  CHECK(world.status().problem == "the peer asks for a later try: because");
  CHECK(world.status().disconnects[static_cast<std::size_t>(Ending::retryable)] == 1);
  world.wait();
  world.connect();
  CHECK(world.status().problem.empty());
  CHECK(world.send() == "a");
  CHECK(world.answer(Answer::What::ok));
  CHECK(world.send() == "b");
}

TEST_CASE("garbage ends the connection and proves nothing") {
  World world;
  world.offer({"a"});
  world.connect();
  world.send();
  CHECK_FALSE(world.answer(Answer::What::garbage));
  CHECK(world.status().level == 1);
  CHECK(world.status().disconnects[static_cast<std::size_t>(Ending::garbage)] == 1);
}

TEST_CASE("a message is sent as often as is allowed, and then rejected") {
  World world;
  world.offer({"a", "b"});
  for (int i = 0; i < world.settings.attempts; ++i) {
    world.connect();
    CHECK(world.send() == "a");
    CHECK(world.status().rejected == 0);
    world.lose();
    world.wait();
  }
  CHECK(world.status().rejected == 1);
  CHECK(world.status().in_flight == 0);
  world.connect();
  CHECK(world.send() == "b");
}

TEST_CASE("dials that fail cost a message nothing") {
  World world;
  world.offer({"a"});
  for (int i = 0; i < 50; ++i) {
    REQUIRE(world.next().what == What::dial);
    world.peer.not_connected(i % 2 == 0, "no", world.now);
    world.wait();
  }
  CHECK(world.status().attempts == std::array<std::uint64_t, 4>{0, 25, 25, 0});
  world.connect();
  CHECK(world.send() == "a");
}

TEST_CASE("the newest messages are dropped where the queue is full, and counted") {
  World world;
  world.settings.queue = 2;
  world.peer.configure(world.settings);
  world.offer({"a", "b", "c"});
  CHECK(world.status().dropped == 1);
  CHECK(world.status().accepted == 3);
  world.connect();
  CHECK(world.send() == "a");
  // The one in flight takes no room.
  world.offer({"d", "e"});
  CHECK(world.status().queued == 2);
  CHECK(world.status().dropped == 2);
  world.answer(Answer::What::ok);
  CHECK(world.send() == "b");
  world.answer(Answer::What::ok);
  CHECK(world.send() == "d");
}

TEST_CASE("durable messages are taken all or not at all") {
  World world;
  world.settings.queue = 2;
  world.peer.configure(world.settings);
  CHECK_FALSE(world.peer.offer_durable({message_of("a"), message_of("b"), message_of("c")}));
  CHECK(world.status().accepted == 0);
  const auto taken = world.peer.offer_durable({message_of("a"), message_of("b")});
  REQUIRE(taken);
  CHECK(taken->queued == 2);
  REQUIRE(taken->rows.size() == 2);
  CHECK(taken->rows[0].job_id == "a");
  CHECK(taken->rows[0].number < taken->rows[1].number);
}

TEST_CASE("the row of a durable message goes when the message is done, and never before it came") {
  World world;
  const auto taken = world.peer.offer_durable({message_of("a"), message_of("b")});
  world.connect();
  world.send();
  world.answer(Answer::What::ok);
  CHECK(world.peer.take_effects().batch.feedback_done.empty());
  world.peer.stored(taken->rows);
  const auto after = world.peer.take_effects().batch.feedback_done;
  CHECK(after == std::vector<storage::FeedbackKey>{{"sidecar", taken->rows[0].number}});
  world.send();
  world.answer(Answer::What::rejected);
  CHECK(world.peer.take_effects().batch.feedback_done ==
        std::vector<storage::FeedbackKey>{{"sidecar", taken->rows[1].number}});
}

TEST_CASE("what is kept over a restart is sent in order, before what is newer, and counted") {
  World world;
  world.offer({"a", "b", "c"});
  world.connect();
  CHECK(world.send() == "a");
  world.peer.ended(Ending::stopped, "", world.now);
  CHECK(world.status().level == 0);
  CHECK(world.status().disconnects.back() == 1);
  const auto rows = world.peer.rows();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].job_id == "a");
  CHECK(rows[0].attempts == 1);

  World again;
  again.peer.restore(std::nullopt, rows, true, again.now);
  again.offer({"d"});
  CHECK(again.status().accepted == 4);
  again.connect();
  for (const char* id : {"a", "b", "c", "d"}) {
    CHECK(again.send() == id);
    again.answer(Answer::What::ok);
  }
  CHECK(again.peer.take_effects().batch.feedback_done.size() == 3);
}

TEST_CASE("attempts of an earlier process count") {
  World world;
  std::vector<storage::FeedbackRow> rows{{"sidecar", 5, "a", "{}", world.settings.attempts},
                                         {"sidecar", 6, "b", "{}", world.settings.attempts - 1}};
  world.peer.restore(std::nullopt, rows, true, world.now);
  world.connect();
  CHECK(world.send() == "b");
  CHECK(world.status().rejected == 1);
  world.lose();
  CHECK(world.status().rejected == 2);
}

TEST_CASE("a full queue and the message in flight all find room after a restart") {
  World world;
  world.settings.queue = 2;
  world.peer.configure(world.settings);
  world.peer.restore(
      std::nullopt,
      {{"sidecar", 1, "a", "{}", 0}, {"sidecar", 2, "b", "{}", 0}, {"sidecar", 3, "c", "{}", 0}},
      true, world.now);
  CHECK(world.status().dropped == 0);
  CHECK(world.status().accepted == 3);
}

TEST_CASE("a smaller queue drops the newest, and their rows") {
  World world;
  world.offer({"a", "b"});
  const auto taken = world.peer.offer_durable({message_of("c")});
  world.peer.stored(taken->rows);
  world.settings.queue = 1;
  world.peer.configure(world.settings);
  CHECK(world.status().dropped == 2);
  CHECK(world.peer.take_effects().batch.feedback_done.size() == 1);
  world.connect();
  CHECK(world.send() == "a");
}

TEST_CASE("a socket that appears is tried early, and that it fails changes nothing") {
  World world;
  for (int i = 0; i < 4; ++i) {
    REQUIRE(world.next().what == What::dial);
    world.peer.not_connected(false, "nobody listens", world.now);
    if (i < 3) world.wait();
  }
  const BootTime due = world.now + 16s;
  world.now += 1s;
  world.peer.take_effects();
  world.peer.appeared(world.now);
  world.wait();
  REQUIRE(world.next().what == What::dial);
  world.peer.not_connected(false, "nobody listens", world.now);
  CHECK(world.status().level == 4);
  CHECK(world.peer.take_effects().batch.peers.empty());
  world.peer.appeared(world.now);
  CHECK(world.next().until == due);
}

TEST_CASE("an early connection is used, and its end without proof leaves the schedule alone") {
  World world;
  world.offer({"a"});
  world.connect();
  world.lose();
  const BootTime due = world.now + 2s;
  world.peer.appeared(world.now);
  world.wait();
  world.connect();
  CHECK(world.send() == "a");
  world.lose();
  CHECK(world.status().level == 1);
  CHECK(world.next().until == due);
}

TEST_CASE("where the schedule passed during an early connection, the attempt comes at once") {
  World world;
  world.connect();
  world.lose();
  world.peer.appeared(world.now);
  world.wait();
  world.connect();
  world.now += 1min;
  world.lose();
  CHECK(world.status().level == 1);
  world.connect();
  world.lose();
  CHECK(world.status().level == 2);
}

TEST_CASE("an early connection that proves itself ends the outage like any other") {
  World world;
  world.offer({"a"});
  world.connect();
  world.lose();
  world.peer.appeared(world.now);
  world.wait();
  world.connect();
  world.send();
  world.answer(Answer::What::ok);
  CHECK(world.status().level == 0);
  world.lose();
  CHECK(world.next().until == world.now + 2s);
}

TEST_CASE("a connection that nothing is sent on is counted once it has stood, whoever looks") {
  World world;
  world.connect();
  CHECK(world.status().attempts[0] == 0);
  world.now += world.settings.ack_timeout;
  CHECK(world.status().attempts[0] == 1);
  world.lose();
  CHECK(world.status().attempts == std::array<std::uint64_t, 4>{1, 0, 0, 0});
  // It has proved nothing by that.
  CHECK(world.status().level == 1);
}

TEST_CASE("an answer that does not come is a timeout of the attempt and of the connection") {
  World world;
  world.offer({"a"});
  world.connect();
  world.send();
  world.now += 4s;
  world.peer.ended(Ending::timeout, "no answer within 2s", world.now);
  CHECK(world.status().attempts == std::array<std::uint64_t, 4>{0, 0, 1, 0});
  CHECK(world.status().disconnects[static_cast<std::size_t>(Ending::timeout)] == 1);
}

TEST_CASE("an outage writes one warning and one line of its end, all else is for debugging") {
  World world;
  std::vector<Level> levels;
  const auto hear = [&] {
    for (const Note& note : world.peer.take_effects().notes) levels.push_back(note.level);
  };
  for (int i = 0; i < 5; ++i) {
    REQUIRE(world.next().what == What::dial);
    world.peer.not_connected(false, "nobody listens", world.now);
    hear();
    world.wait();
  }
  world.offer({"a", "b"});
  world.connect();
  hear();
  world.send();
  world.answer(Answer::What::ok);
  world.send();
  world.answer(Answer::What::ok);
  hear();
  CHECK(levels == std::vector<Level>{Level::warn, Level::debug, Level::debug, Level::debug,
                                     Level::debug, Level::info});
}

TEST_CASE("settings that change are those that count") {
  World world;
  world.connect();
  world.lose();
  world.settings.reconnect.base = 10s;
  world.peer.configure(world.settings);
  CHECK(world.next().until == world.now + 10s);
}

}  // namespace
}  // namespace ebbgate::feedback
