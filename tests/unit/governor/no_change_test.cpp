#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

namespace {

/// Asserts that what happens in the scope leaves nothing behind: no decision, no row, nobody
/// touched, no timer.
class NothingHappens {
 public:
  NothingHappens(Harness& h, Handle handle)
      : h_(h),
        memory_(h.governor().memory(handle)),
        next_(h.governor().next_turn(h.instant().boot)),
        handle_(handle) {}
  ~NothingHappens() {
    CHECK(h_.governor().take_decisions().empty());
    CHECK(h_.governor().take_dirty().empty());
    CHECK(h_.governor().take_touched().empty());
    CHECK(h_.governor().memory(handle_) == memory_);
    CHECK(h_.governor().next_turn(h_.instant().boot) == next_);
  }

 private:
  Harness& h_;
  Memory memory_;
  std::optional<BootTime> next_;
  Handle handle_;
};

}  // namespace

TEST_CASE("a reconcile that finds nothing changed changes nothing") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.run_until(5s);
  NothingHappens nothing(h, web);
  h.governor().desire(h.instant(), web, digest("a"));
  h.governor().set_hold(h.instant(), web, {});
  h.governor().set_missing(h.instant(), web, "");
  h.governor().set_policy(h.instant(), web, h.workload(web).policy, false);
}

TEST_CASE("an equal policy in another object changes nothing") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.change(web, "b");
  NothingHappens nothing(h, web);
  h.governor().set_policy(h.instant(), web, policy(), false);
}

TEST_CASE("adding a workload that is known and there changes nothing") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  NothingHappens nothing(h, web);
  h.governor().add(h.instant(), {"default", "Local", "web"}, policy(), false, Memory());
}

TEST_CASE("a translation that changes no fingerprint changes nothing") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  NothingHappens nothing(h, web);
  h.governor().translate(h.instant(), web, [](const Digest& same) { return same; });
}

TEST_CASE("readiness that was known changes nothing") {
  Harness h;
  const Handle web = h.add("web", policy(), true);
  h.change(web, "a");
  h.rolled_out(web, true);
  NothingHappens nothing(h, web);
  h.governor().rolled_out(h.instant(), web, true);
}

TEST_CASE("a no-change reconcile every second neither raises, resets nor keeps a level") {
  Harness h;
  const Handle web = h.add("web");
  h.storm(web, 1s, 10s);
  h.run_until(15s);
  const int level = h.workload(web).memory.level;
  const std::string content = "storm 10";
  for (Duration at = 16s; at < 615s; at += 1s) {
    h.run_until(at);
    h.change(web, content);
    REQUIRE(h.workload(web).memory.level == level);
  }
  h.run_until(615s);
  CHECK(h.workload(web).memory.level == 0);
}

TEST_CASE("an idle workload has no timer") {
  Harness h;
  h.add("web");
  CHECK_FALSE(h.governor().next_turn(h.instant().boot).has_value());
}

TEST_CASE("a turn with nothing due does nothing") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.change(web, "b");
  h.run_until(500ms);
  NothingHappens nothing(h, web);
  h.governor().turn(h.instant());
}

TEST_CASE("a change of the set of references alone is no change") {
  Harness h;
  const Handle web = h.add("web");
  const auto translated = [](const Digest& old) { return sha256("with more: " + old.hex()); };
  h.governor().translate(h.instant(), web, translated);
  h.governor().desire(h.instant(), web, translated(digest("0")));
  h.run_until(100s);
  CHECK(h.sent.empty());
  CHECK(h.workload(web).changes == 0);
}

TEST_CASE("a change of the set of references while an update is in flight is no change") {
  Harness h;
  const Handle web = h.add("web");
  const auto translated = [](const Digest& old) { return sha256("with more: " + old.hex()); };
  h.answer_by_hand = true;
  h.change(web, "a");
  h.governor().translate(h.instant(), web, translated);
  h.governor().desire(h.instant(), web, translated(digest("a")));
  h.answer(h.sent.back(), applied());
  h.run_until(100s);
  CHECK(h.sent.size() == 1);
  CHECK(h.workload(web).changes == 1);
}

TEST_CASE("held workloads are looked at seldom, and idle ones never") {
  Harness h;
  for (int i = 0; i < 100; ++i) h.add("w" + std::to_string(i));
  const Handle held = h.add("held");
  h.hold(held, {true, h.instant().wall + 1h});
  const int touched = h.touched;
  h.run_until(1000s);
  CHECK(h.touched - touched <= 110);
}
