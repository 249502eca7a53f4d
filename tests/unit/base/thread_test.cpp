#include "base/thread.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>

#include <doctest/doctest.h>

using ebbgate::NoThread;
using ebbgate::Thread;

TEST_CASE("a thread runs its work, and is joined by whoever owns it") {
  std::atomic<int> ran = 0;
  {
    Thread thread;
    CHECK_FALSE(thread.joinable());
    REQUIRE(thread.start("test", [&] { ++ran; }) == 0);
    CHECK(thread.joinable());
    thread.join();
    CHECK(ran == 1);
    CHECK_FALSE(thread.joinable());
    REQUIRE(thread.start("test", [&] { ++ran; }) == 0);
    const Thread moved = std::move(thread);
  }
  CHECK(ran == 2);
}

TEST_CASE("a thread that cannot be had is a value, and its work never runs") {
  constexpr std::size_t kMoreThanThereIs = std::size_t{1} << 46U;
  std::atomic<bool> ran = false;
  CHECK(ebbgate::start_detached(
            "test", [&] { ran = true; }, kMoreThanThereIs) != 0);
  CHECK_FALSE(ran);
}

TEST_CASE("what is told of a missing thread names what it was for and what to do") {
  const std::string told = NoThread("the loop that decides", EAGAIN).what();
  CHECK(told.find("no thread for the loop that decides (Resource temporarily") != told.npos);
  CHECK(told.find("pids.max") != told.npos);
  CHECK(told.find("ulimit -v") != told.npos);
}
