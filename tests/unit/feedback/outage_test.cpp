#include "controller/feedback/outage.h"

#include <doctest/doctest.h>

namespace ebbgate::feedback {
namespace {

using namespace std::chrono_literals;
using Level = Note::Level;

constexpr BootTime kStart{1h};

TEST_CASE("the first failure is a warning that says what is wrong and when it is tried again") {
  Outage outage;
  outage.dialled();
  const Note note = outage.failed("nobody listens", 2s, 0, kStart);
  CHECK(note.level == Level::warn);
  CHECK(note.text == "nobody listens; the next attempt is in 2s");
  outage.dialled();
  CHECK(outage.failed("nobody listens", 4s, 0, kStart + 2s).level == Level::debug);
}

TEST_CASE("the recovery tells how long it took, how many attempts, and what was dropped") {
  Outage outage;
  outage.dialled();
  outage.failed("nobody listens", 2s, 7, kStart);
  outage.dialled();
  outage.failed("nobody listens", 4s, 8, kStart + 2s);
  outage.dialled();
  const Note note = outage.proved(12, kStart + 6s);
  CHECK(note.level == Level::info);
  CHECK(note.text ==
        "the peer answers again after 6s and 2 attempts; 5 messages were dropped meanwhile");
}

TEST_CASE("a peer that answers from the beginning is nothing to tell") {
  Outage outage;
  outage.dialled();
  CHECK(outage.proved(0, kStart).level == Level::debug);
}

TEST_CASE("a peer that answers once and closes is told of once an attempt") {
  Outage outage;
  outage.dialled();
  outage.proved(0, kStart);
  CHECK(outage.failed("closed", 2s, 0, kStart).level == Level::warn);
  for (int i = 1; i < 10; ++i) {
    outage.dialled();
    CHECK(outage.proved(0, kStart + i * 2s).level == Level::info);
    CHECK(outage.failed("closed", 2s, 0, kStart + i * 2s).level == Level::debug);
  }
  outage.dialled();
  CHECK(outage.failed("nobody listens", 4s, 0, kStart + 20s).level == Level::warn);
}

TEST_CASE("a connection that ends long after it recovered is a warning again") {
  Outage outage;
  outage.failed("closed", 2s, 0, kStart);
  outage.dialled();
  outage.proved(0, kStart + 2s);
  CHECK(outage.failed("closed", 2s, 0, kStart + 1h).level == Level::warn);
}

TEST_CASE("an outage goes on over a restart, and the new process warns of it once") {
  Outage outage;
  outage.restore(kStart - 10min);
  outage.dialled();
  CHECK(outage.failed("nobody listens", 2min, 0, kStart).level == Level::warn);
  outage.dialled();
  CHECK(outage.proved(0, kStart + 2min).text ==
        "the peer answers again after 12m and 2 attempts; 0 messages were dropped meanwhile");
}

}  // namespace
}  // namespace ebbgate::feedback
