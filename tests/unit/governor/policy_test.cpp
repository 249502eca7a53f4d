#include "controller/governor/limits.h"
#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace std::chrono_literals;

namespace {

Policy with(Duration base, double factor, Duration max, Duration unhealthy_max) {
  BackoffSettings backoff;
  backoff.base = base;
  backoff.factor = factor;
  backoff.max = max;
  backoff.unhealthy_max = unhealthy_max;
  backoff.stable_after = unhealthy_max;
  REQUIRE(validate(backoff, {}).empty());
  return {backoff, {}};
}

bool complains(const BackoffSettings& backoff, const std::string& key) {
  const auto problems = validate(backoff, {});
  for (const std::string& problem : problems) {
    if (problem.starts_with(key + ":")) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the delay is min(base·factor^(level−1), cap), and 0 for level 0") {
  const Policy policy = with(1s, 2, 64s, 600s);
  CHECK(policy.delay(0, 64s) == Duration(0));
  CHECK(policy.delay(1, 64s) == Duration(1s));
  CHECK(policy.delay(6, 64s) == Duration(32s));
  CHECK(policy.delay(7, 64s) == Duration(64s));
  CHECK(policy.delay(8, 64s) == Duration(64s));
  CHECK(policy.delay(10, 600s) == Duration(512s));
  CHECK(policy.delay(11, 600s) == Duration(600s));
  CHECK(policy.delay(64, 600s) == Duration(600s));
}

TEST_CASE("L(x) is the smallest level whose delay reaches x") {
  CHECK(with(1s, 2, 64s, 600s).highest_level() == 7);
  CHECK(with(1s, 2, 64s, 600s).highest_unhealthy_level() == 11);
  CHECK(with(1s, 2, 65s, 600s).highest_level() == 8);
  CHECK(with(100ms, 10, 100s, 100s).highest_level() == 4);
  CHECK(with(5s, 2, 5s, 5s).highest_level() == 1);
  CHECK(with(1s, 1.5, 10s, 10s).highest_level() == 7);
}

TEST_CASE("with factor 1 L is 1") {
  const Policy policy = with(5s, 1, 64s, 600s);
  CHECK(policy.highest_level() == 1);
  CHECK(policy.highest_unhealthy_level() == 1);
  CHECK(policy.delay(1, 64s) == Duration(5s));
}

TEST_CASE("the defaults are the product's and make sense") {
  const BackoffSettings backoff;
  CHECK(validate(backoff, {}).empty());
  CHECK(validate(BudgetSettings(), UnfinishedSettings(), RetrySettings()).empty());
  CHECK(backoff.base == Duration(1s));
  CHECK(backoff.max == Duration(64s));
  CHECK(backoff.stable_after == Duration(10min));
  CHECK(backoff.unhealthy_max == Duration(10min));
  CHECK(SettleSettings().quiet == Duration(500ms));
  CHECK(SettleSettings().max == Duration(5s));
}

TEST_CASE("a policy that makes no sense is refused, naming the key") {
  BackoffSettings bad;
  bad.base = 0s;
  CHECK(complains(bad, "backoff.base"));
  bad = {};
  bad.max = 500ms;
  CHECK(complains(bad, "backoff.max"));
  bad = {};
  bad.unhealthy_max = 30s;
  CHECK(complains(bad, "backoff.unhealthy_max"));
  bad = {};
  bad.stable_after = 5min;
  CHECK(complains(bad, "backoff.stable_after"));
  bad = {};
  bad.factor = 0.5;
  CHECK(complains(bad, "backoff.factor"));
  bad.factor = std::numeric_limits<double>::quiet_NaN();
  CHECK(complains(bad, "backoff.factor"));
  bad.factor = std::numeric_limits<double>::infinity();
  CHECK(complains(bad, "backoff.factor"));
  bad.factor = 1.0001;  // more than 64 levels
  CHECK(complains(bad, "backoff.factor"));
  CHECK_FALSE(validate({}, {5s, 1s}).empty());
  CHECK_FALSE(validate({}, {-1s, 1s}).empty());
}

TEST_CASE("times so long that a deadline would overflow are refused") {
  BackoffSettings bad;
  bad.stable_after = 24h * 365 * 250;
  CHECK(complains(bad, "backoff.stable_after"));
  CHECK_FALSE(validate({}, {1s, 24h * 365 * 250}).empty());
  UnfinishedSettings unfinished;
  unfinished.timeout = 24h * 365 * 250;
  CHECK_FALSE(validate({}, unfinished, {}).empty());
  RetrySettings retry;
  retry.max = 24h * 365 * 250;
  CHECK_FALSE(validate({}, {}, retry).empty());
}

TEST_CASE("64 levels are the most") {
  BackoffSettings backoff;
  backoff.base = 1s;
  backoff.max = 2s;
  backoff.factor = 1.1069;  // 600 s at level 64
  CHECK(validate(backoff, {}).empty());
  CHECK(Policy(backoff, {}).highest_unhealthy_level() <= 64);
}

TEST_CASE("limits that make no sense are refused") {
  CHECK_FALSE(validate(BudgetSettings{-1, 100}, {}, {}).empty());
  CHECK_FALSE(validate(BudgetSettings{1, 0}, {}, {}).empty());
  CHECK_FALSE(validate({}, {0, {}, 10min}, {}).empty());
  CHECK_FALSE(validate({}, {{}, 0, 10min}, {}).empty());
  CHECK_FALSE(validate({}, {{}, {}, 0s}, {}).empty());
  CHECK_FALSE(validate({}, {}, {0s, 2, 60s, Jitter::equal}).empty());
  CHECK_FALSE(validate({}, {}, {2s, 2, 1s, Jitter::equal}).empty());
  CHECK_FALSE(validate({}, {}, {1s, 0.5, 60s, Jitter::equal}).empty());
  CHECK(validate(BudgetSettings{0, 1}, {1, 1, 1s}, {}).empty());
}

TEST_CASE("retry delays double up to the max, with jitter where it is asked for") {
  RetrySettings retry{1s, 2, 60s, Jitter::none};
  CHECK(retry_delay(retry, 1, 0.9) == Duration(1s));
  CHECK(retry_delay(retry, 3, 0.9) == Duration(4s));
  CHECK(retry_delay(retry, 100000, 0.9) == Duration(60s));
  retry.jitter = Jitter::equal;
  CHECK(retry_delay(retry, 3, 0) == Duration(2s));
  CHECK(retry_delay(retry, 3, 0.5) == Duration(3s));
  retry.jitter = Jitter::full;
  CHECK(retry_delay(retry, 3, 0) == Duration(0s));
  CHECK(retry_delay(retry, 3, 0.5) == Duration(2s));
}

TEST_CASE("a policy with overrides counts for its own workload only") {
  using namespace ebbgate::governor::testing;
  Harness h;
  BackoffSettings own;
  own.base = 10s;
  const Handle slow = h.add("slow", testing::policy(own));
  const Handle web = h.add("web");
  h.storm(slow, 1s, 12s);
  h.storm(web, 1s, 12s);
  h.run_until(12s);
  CHECK(h.times(slow) == std::vector<Duration>{0s, 10s});
  CHECK(h.times(web) == std::vector<Duration>{0s, 1s, 3s, 7s});
}

TEST_CASE("a settle that changes while an update waits counts at once") {
  using namespace ebbgate::governor::testing;
  Harness h;
  const Handle web = h.add("web", testing::policy({}, {10s, 20s}));
  h.change(web, "a");
  h.run_until(1s);
  h.set_policy(web, testing::policy({}, {2s, 20s}));
  h.run_until(10s);
  CHECK(h.times(web) == std::vector<Duration>{2s});
}

TEST_CASE("a workload that is judged no longer while its update is refused is capped by max") {
  using namespace ebbgate::governor::testing;
  Harness h;
  const Handle web = h.add("web", testing::policy(), true);
  h.storm(web, 1s, 128s);
  h.run_until(250s);
  h.answer_by_hand = true;
  h.change(web, "x");
  h.run_until(256s);
  REQUIRE(h.times(web).back() == Duration(255s));
  h.set_policy(web, testing::policy(), false);
  h.answer(h.sent.back(), refused());
  CHECK(h.workload(web).memory.level == 7);
  CHECK(h.workload(web).memory.rollout == Rollout::ready);
}
