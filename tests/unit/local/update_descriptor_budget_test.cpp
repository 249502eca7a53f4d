#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "controller/local/descriptor_budget.h"
#include "controller/local/update_runner.h"

using namespace std::chrono_literals;

namespace ebbgate::local {

namespace {

using Run = DescriptorBudget::Run;
using Shares = std::vector<std::shared_ptr<DescriptorBudget::Share>>;

constexpr std::size_t kEach = DescriptorBudget::kOneAttempt;

// How many of 40 workloads begin, all at `now`, but for the `held` first ones, which are under way;
// their shares are kept.
std::size_t begin(DescriptorBudget& budget, Shares& shares, std::size_t held, BootTime now) {
  std::size_t begun = 0;
  for (std::size_t i = held; i < 40; ++i) {
    auto share = budget.take("hangs-" + std::to_string(i), kEach, now);
    if (!share) continue;
    shares.push_back(std::move(share));
    ++begun;
  }
  return begun;
}

}  // namespace

TEST_CASE("descriptors are given back, in part or with the attempt") {
  DescriptorBudget budget(2 * kEach);
  const BootTime now(10s);
  auto share = budget.take("a", kEach, now);
  REQUIRE(share);
  CHECK_FALSE(budget.take("b", kEach, now));
  share->shrink(1);
  CHECK(budget.take("c", kEach - 1, now));
  share.reset();
  CHECK(budget.take("b", kEach, now));
}

TEST_CASE("what is not urgent leaves descriptors even to those that hung, and disturbs nobody") {
  DescriptorBudget budget(16 * kEach);  // 12 for strangers, 6 for those that hung
  const BootTime now(10s);
  const auto not_urgent = [&](const std::string& who) {
    return budget.take(who, kEach, now, DescriptorBudget::Urgency::none);
  };
  budget.ended("quick", Run::quick);
  Shares shares;
  for (int i = 0; i < 3; ++i) shares.push_back(not_urgent("quick"));
  for (const auto& share : shares) CHECK(share);
  CHECK_FALSE(not_urgent("quick"));
  CHECK_FALSE(not_urgent("stranger"));
  budget.ended("hung", Run::hung);
  for (int i = 0; i < 3; ++i) {
    shares.push_back(budget.take("hung", kEach, now));
    CHECK(shares.back());
  }
  CHECK_FALSE(budget.take("hung", kEach, now));
  for (int i = 0; i < 6; ++i) {
    shares.push_back(budget.take("stranger", kEach, now));
    CHECK(shares.back());
  }
  CHECK_FALSE(not_urgent("quick"));
  shares.clear();
  CHECK(not_urgent("quick"));
}

TEST_CASE("however few there are, one attempt at a time goes on") {
  DescriptorBudget budget(0);
  auto share = budget.take("a", kEach, BootTime(10s));
  REQUIRE(share);
  CHECK_FALSE(budget.take("b", 1, BootTime(10s)));
  budget.ended("a", Run::hung);
  share.reset();
  CHECK(budget.take("a", kEach, BootTime(10s)));
}

TEST_CASE("whoever comes while many hang begins at once, and those that wait do not") {
  DescriptorBudget budget(5 * kEach);
  Shares hanging;
  CHECK(begin(budget, hanging, 0, BootTime(10s)) == 3);
  CHECK(begin(budget, hanging, 3, BootTime(13s)) == 0);
  auto share = budget.take("web", kEach, BootTime(13s));
  CHECK(share);
  budget.ended("web", Run::quick);
  share.reset();
  CHECK(begin(budget, hanging, 3, BootTime(14s)) == 0);
  CHECK(budget.take("web", kEach, BootTime(14s)));
  CHECK(budget.take("another", kEach, BootTime(15s)));
}

TEST_CASE("what ended soon before finds room that strangers do not") {
  DescriptorBudget budget(20 * kEach);
  budget.ended("web", Run::quick);
  Shares hanging;
  CHECK(begin(budget, hanging, 0, BootTime(10s)) == 15);
  CHECK(budget.take("web", kEach, BootTime(10s)));
  budget.ended("web", Run::slow);
  CHECK_FALSE(budget.take("web", kEach, BootTime(10s)));
}

TEST_CASE("what hung before leaves room for strangers") {
  DescriptorBudget budget(20 * kEach);
  for (int i = 0; i < 40; ++i) budget.ended("hangs-" + std::to_string(i), Run::hung);
  Shares hanging;
  CHECK(begin(budget, hanging, 0, BootTime(10s)) == 7);
  CHECK(budget.take("web", kEach, BootTime(10s)));
  // One that ended meanwhile is known for that.
  budget.ended("hangs-39", Run::quick);
  CHECK(budget.take("hangs-39", kEach, BootTime(10s)));
  budget.forget("hangs-38");
  CHECK(budget.take("hangs-38", kEach, BootTime(10s)));
}

TEST_CASE("a server that answers nothing hangs, whether or not TLS was to be spoken with it") {
  for (const FailureCause cause : {FailureCause::http_unreachable, FailureCause::http_not_tls}) {
    CHECK(UpdateRunner::run_of(Answer::not_sent(cause, ""), 30s) == Run::hung);
    CHECK(UpdateRunner::run_of(Answer::not_sent(cause, ""), 1s) == Run::quick);
  }
  CHECK(UpdateRunner::run_of(Answer::unknown(FailureCause::http_timeout, ""), 1s) == Run::hung);
  CHECK(UpdateRunner::run_of(Answer::applied(""), 30s) == Run::slow);
  CHECK_FALSE(UpdateRunner::run_of(Answer::not_sent(FailureCause::own_resources, ""), 30s));
}

}  // namespace ebbgate::local
