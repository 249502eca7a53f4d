#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

namespace {

/// A workload whose attempt is begun and not yet committed.
struct Starting {
  Starting() {
    Limits limits = unlimited();
    limits.budget = {0.001, 5};
    h = std::make_unique<Harness>(limits, 5);
    web = h->add("web", policy({}, {500ms, 5s}));
    h->change(web, "a");
    h->run_until(20s);
    before = h->governor().memory(web);
    tokens = h->governor().bucket().tokens(BootTime(h->now()));
    h->change(web, "b");
    h->commit_by_hand = true;
    h->run_until(21s);
    REQUIRE(h->begun.size() == 2);
    REQUIRE(h->workload(web).phase == Phase::starting);
  }
  void commit() { h->commit(web, h->begun.back().second); }
  void check_cancelled() {
    CHECK(h->count(Action::cancel) == 1);
    CHECK(h->sent.size() == 1);
    // The change itself may still wait.
    Memory after = h->governor().memory(web);
    CHECK(h->stored[web] == after);
    after.pending_since = before.pending_since;
    CHECK(after == before);
    CHECK(h->governor().bucket().tokens(BootTime(h->now())) ==
          doctest::Approx(tokens).epsilon(0.01));
  }

  std::unique_ptr<Harness> h;
  Handle web = 0;
  Memory before;
  double tokens = 0;
};

}  // namespace

TEST_CASE("an attempt that is no longer needed is cancelled and everything restored") {
  Starting s;
  s.h->change(s.web, "a");
  s.commit();
  s.check_cancelled();
  s.h->run_until(500s);
  CHECK(s.h->sent.size() == 1);
}

TEST_CASE("an attempt of a workload that is held meanwhile is cancelled, and goes later") {
  Starting s;
  s.h->hold(s.web, {true, std::nullopt});
  s.commit();
  s.check_cancelled();
  s.h->commit_by_hand = false;
  s.h->hold(s.web, {});
  REQUIRE(s.h->sent.size() == 2);
  CHECK(s.h->sent[1].carries_change);
}

TEST_CASE("an attempt of a workload whose configuration is missing meanwhile is cancelled") {
  Starting s;
  s.h->missing(s.web, "gone");
  s.commit();
  s.check_cancelled();
}

TEST_CASE("an attempt of one that leads no longer is cancelled") {
  Starting s;
  s.h->deciding(false);
  s.commit();
  s.check_cancelled();
}

TEST_CASE("an attempt of a workload that was removed meanwhile is cancelled") {
  Starting s;
  s.h->remove(s.web);
  s.commit();
  CHECK(s.h->count(Action::cancel) == 1);
  CHECK(s.h->sent.size() == 1);
}

TEST_CASE("between commit and send the newest content is taken, settled or not") {
  Starting s;
  s.h->change(s.web, "c");
  s.commit();
  s.commit();
  REQUIRE(s.h->sent.size() == 2);
  CHECK(s.h->sent[1].fingerprint == digest("c"));
  CHECK(s.h->sent[1].level == 2);
}

TEST_CASE("what a crash finds stored of an attempt is never another content than was sent") {
  Starting s;
  s.h->answer_by_hand = true;
  CHECK(s.h->stored[s.web].tried == digest("b"));
  s.h->change(s.web, "c");
  s.commit();
  CHECK(s.h->count(Action::recommit) == 1);
  CHECK(s.h->sent.size() == 1);
  CHECK_FALSE(s.h->stored[s.web].tried);
  s.commit();
  REQUIRE(s.h->sent.size() == 2);
  CHECK(s.h->stored[s.web].tried == digest("c"));
}

TEST_CASE("a storm makes an attempt be committed once more, and not again") {
  Starting s;
  s.h->change(s.web, "c");
  s.commit();
  s.h->change(s.web, "d");
  s.commit();
  CHECK(s.h->count(Action::recommit) == 1);
  REQUIRE(s.h->sent.size() == 2);
  CHECK(s.h->sent[1].fingerprint == digest("d"));
  CHECK(s.h->workload(s.web).memory.level == 2);
}

TEST_CASE("an attempt that is committed once more and then not needed is cancelled") {
  Starting s;
  s.h->change(s.web, "c");
  s.commit();
  s.h->change(s.web, "a");
  s.commit();
  s.check_cancelled();
}

TEST_CASE("other gates that close between commit and send are not looked at") {
  Starting s;
  BackoffSettings slower;
  slower.base = 60s;
  s.h->set_policy(s.web, policy(slower, {500ms, 5s}));
  Limits limits = unlimited();
  limits.budget = {0.0, 1};
  s.h->configure(limits);
  s.commit();
  CHECK(s.h->sent.size() == 2);
}

TEST_CASE("a hold that came and went before the commit cancels nothing") {
  Starting s;
  s.h->hold(s.web, {true, std::nullopt});
  s.h->hold(s.web, {});
  s.commit();
  CHECK(s.h->sent.size() == 2);
}

TEST_CASE("a commit that is answered for another attempt sends nothing") {
  Starting s;
  s.h->commit(s.web, s.h->begun.back().second + 1);
  CHECK(s.h->sent.size() == 1);
  CHECK(s.h->workload(s.web).phase == Phase::starting);
}

TEST_CASE("the level is on disk, raised and in flight, before the update is sent") {
  Starting s;
  CHECK(s.h->stored[s.web].level == 2);
  CHECK(s.h->stored[s.web].in_flight);
  CHECK_FALSE(s.h->stored[s.web].applied.has_value());
  CHECK(s.h->sent.size() == 1);
}
