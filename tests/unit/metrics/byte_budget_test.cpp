#include "metrics/byte_budget.h"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace ebbgate::metrics {

TEST_CASE("shares of a budget together never exceed it, and give back what they held") {
  ByteBudget budget(10);
  ByteBudget::Share first(budget);
  ByteBudget::Share second(budget);
  CHECK(first.resize(6));
  CHECK_FALSE(second.resize(5));
  CHECK(second.resize(4));
  CHECK_FALSE(first.resize(7));
  CHECK(first.resize(2));
  CHECK(second.resize(8));
  {
    ByteBudget::Share moved(std::move(first));
    CHECK_FALSE(second.resize(9));
  }
  CHECK(second.resize(10));
  second = ByteBudget::Share(budget);
  CHECK(second.resize(10));
  second.give_back();
  ByteBudget::Share third(budget);
  CHECK(third.resize(10));
}

TEST_CASE("a budget that many threads take of is whole again afterwards") {
  ByteBudget budget(1000);
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      for (std::size_t turn = 0; turn < 1000; ++turn) {
        ByteBudget::Share share(budget);
        for (std::size_t bytes = 0; share.resize(bytes) && bytes < turn; bytes += 100) {
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ByteBudget::Share share(budget);
  CHECK(share.resize(1000));
  CHECK_FALSE(share.resize(1001));
}

}  // namespace ebbgate::metrics
