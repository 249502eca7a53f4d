#include "tests/unit/governor/harness.h"

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace ebbgate::governor::testing;

TEST_CASE("a workload found up to date needs no update, and its waiting change is coalesced") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.change(web, "b");
  h.governor().adopt(h.instant(), web, digest("b"));
  h.step();
  h.run_until(100s);
  CHECK(h.sent.size() == 1);
  CHECK(h.workload(web).coalesced == 1);
  CHECK(h.stored[web].applied == digest("b"));
}

TEST_CASE("the rest of a workload found up to date begins when it was found so") {
  Harness h;
  const Handle web = h.add("web");
  h.change(web, "a");
  h.react = [](const Sent&) { return refused(false, 5000s); };
  h.change(web, "b");
  h.run_until(500s);
  h.governor().adopt(h.instant(), web, digest("b"));
  h.step();
  h.run_until(1099s);
  CHECK(h.workload(web).memory.level == 1);
  h.run_until(1100s);
  CHECK(h.workload(web).memory.level == 0);
}

TEST_CASE("an attempt of a workload found up to date before the commit is cancelled") {
  Harness h;
  const Handle web = h.add("web");
  h.commit_by_hand = true;
  h.change(web, "a");
  h.governor().adopt(h.instant(), web, digest("a"));
  h.commit(web, h.begun.back().second);
  CHECK(h.count(Action::cancel) == 1);
  CHECK(h.sent.empty());
  CHECK(h.workload(web).memory.level == 0);
}
