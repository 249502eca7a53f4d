#include "controller/governor/token_bucket.h"

#include <doctest/doctest.h>

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace std::chrono_literals;

TEST_CASE("tokens come at the rate, up to the burst") {
  TokenBucket bucket({2, 3}, 0, BootTime(0s));
  CHECK_FALSE(bucket.take(BootTime(499ms)));
  CHECK(bucket.take(BootTime(500ms)));
  CHECK(bucket.tokens(BootTime(1h)) == doctest::Approx(3));
}

TEST_CASE("what a bucket starts with is cut to the burst") {
  TokenBucket bucket({1, 3}, 50, BootTime(0s));
  CHECK(bucket.tokens(BootTime(0s)) == doctest::Approx(3));
  CHECK(TokenBucket({1, 3}, -5, BootTime(0s)).tokens(BootTime(0s)) == doctest::Approx(0));
}

TEST_CASE("the next token is there exactly when next says so") {
  for (const double rate : {0.001, 0.3, 1.0, 3.0, 7.0, 1000.0, 1e6}) {
    CAPTURE(rate);
    BootTime now(123456789s);
    TokenBucket bucket({rate, 5}, 0, now);
    for (int i = 0; i < 1000; ++i) {
      const auto next = bucket.next(now);
      REQUIRE(next.has_value());
      REQUIRE(*next > now);
      now = *next;
      REQUIRE(bucket.next(now) == now);
      REQUIRE(bucket.take(now));
    }
    const double seconds = std::chrono::duration<double>(now - BootTime(123456789s)).count();
    CHECK(seconds == doctest::Approx(1000 / rate).epsilon(0.001));
  }
}

TEST_CASE("rate 0 gives no token, ever") {
  TokenBucket bucket({0, 5}, 5, BootTime(0s));
  CHECK_FALSE(bucket.available(BootTime(1h)));
  CHECK_FALSE(bucket.next(BootTime(1h)).has_value());
}

TEST_CASE("the slowest rate does not overflow") {
  TokenBucket bucket({1e-300, 5}, 0, BootTime(24h * 3650));
  REQUIRE(bucket.next(BootTime(24h * 3650)).has_value());
  CHECK(*bucket.next(BootTime(24h * 3650)) > BootTime(24h * 3650));
}

TEST_CASE("an unlimited bucket always has a token") {
  TokenBucket bucket({std::nullopt, 1}, 0, BootTime(0s));
  for (int i = 0; i < 1000; ++i) CHECK(bucket.take(BootTime(0s)));
  CHECK(bucket.next(BootTime(0s)) == BootTime(0s));
}

TEST_CASE("a token given back never lifts the bucket above its burst") {
  TokenBucket bucket({1, 2}, 2, BootTime(0s));
  bucket.give_back(BootTime(0s));
  CHECK(bucket.tokens(BootTime(0s)) == doctest::Approx(2));
}

TEST_CASE("new settings keep what was earned, up to the new burst") {
  TokenBucket bucket({1, 100}, 0, BootTime(0s));
  bucket.configure({10, 5}, BootTime(3s));
  CHECK(bucket.tokens(BootTime(3s)) == doctest::Approx(3));
  bucket.configure({10, 2}, BootTime(3s));
  CHECK(bucket.tokens(BootTime(3s)) == doctest::Approx(2));
  CHECK(bucket.tokens(BootTime(4s)) == doctest::Approx(2));
}
