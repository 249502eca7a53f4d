#include "metrics/list_permits.h"

#include <chrono>
#include <thread>

#include <doctest/doctest.h>

namespace ebbgate::metrics {

TEST_CASE("only so many lists are put together at once, and each makes room for another") {
  ListPermits permits(2);
  const auto first = permits.take(Duration::zero());
  CHECK(static_cast<bool>(first));
  {
    const auto second = permits.take(Duration::zero());
    CHECK(static_cast<bool>(second));
    CHECK_FALSE(static_cast<bool>(permits.take(Duration::zero())));
  }
  CHECK(static_cast<bool>(permits.take(Duration::zero())));
}

TEST_CASE("who waits for a permit gets the next one") {
  ListPermits permits(1);
  bool got = false;
  std::thread waiting;
  {
    const auto first = permits.take(Duration::zero());
    waiting = std::thread([&] { got = static_cast<bool>(permits.take(std::chrono::minutes(10))); });
  }
  waiting.join();
  CHECK(got);
}

TEST_CASE("who would wait behind too many others is told so at once") {
  ListPermits permits(1, 0);
  const auto first = permits.take(Duration::zero());
  CHECK_FALSE(static_cast<bool>(permits.take(std::chrono::minutes(10))));
}

}  // namespace ebbgate::metrics
