#include "storage/gathered.h"

#include <doctest/doctest.h>

#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

namespace {

Batch removal(const std::string& name) {
  Batch batch;
  batch.removed = {key(name)};
  return batch;
}

using Keys = std::vector<FeedbackKey>;
using Messages = std::vector<FeedbackRow>;

Batch history(std::vector<HistoryRow> entries) {
  Batch batch;
  batch.history = std::move(entries);
  return batch;
}

}  // namespace

TEST_CASE("the newest row of a workload wins") {
  Gathered gathered({});
  gathered.add(rows({row("web", 1), row("api", 1)}));
  gathered.add(rows({row("web", 2)}));
  const Batch batch = gathered.take();
  CHECK(batch.rows.size() == 2);
  CHECK(std::count(batch.rows.begin(), batch.rows.end(), row("web", 2)) == 1);
  CHECK(gathered.empty());
}

TEST_CASE("a removal beats earlier rows, and a later row beats the removal") {
  Gathered gathered({});
  gathered.add(rows({row("web", 1)}));
  gathered.add(removal("web"));
  Batch batch = gathered.take();
  CHECK(batch.rows.empty());
  CHECK(batch.removed == std::vector<WorkloadKey>{key("web")});
  gathered.add(removal("web"));
  gathered.add(rows({row("web", 2)}));
  batch = gathered.take();
  CHECK(batch.rows == std::vector<WorkloadRow>{row("web", 2)});
  CHECK(batch.removed.empty());
}

TEST_CASE("the newest budget wins, and the first list is not forgotten") {
  Gathered gathered({});
  Batch first;
  first.budget = BudgetRow{1, {}, {}};
  first.first_list_done = true;
  gathered.add(first);
  Batch second;
  second.budget = BudgetRow{2, {}, {}};
  gathered.add(second);
  const Batch batch = gathered.take();
  CHECK(batch.budget == BudgetRow{2, {}, {}});
  CHECK(batch.first_list_done);
  CHECK(gathered.take().empty());
}

TEST_CASE("gathered history is bounded per workload and in total, and what is dropped is counted") {
  Gathered gathered({.keep = 5, .per_workload = 3});
  gathered.add(history({entry("quiet", 1)}));
  for (int number = 2; number <= 10; ++number) {
    gathered.add(history({entry("storm", number)}));
  }
  CHECK(gathered.dropped() == 6);
  gathered.add(history({entry("a", 11), entry("b", 12)}));
  CHECK(gathered.dropped() == 7);
  CHECK(gathered.take().history == std::vector<HistoryRow>{entry("storm", 8), entry("storm", 9),
                                                           entry("storm", 10), entry("a", 11),
                                                           entry("b", 12)});
}

TEST_CASE("the newest row of a peer and of a message wins") {
  Gathered gathered({});
  Batch first = messages({message("b", 2), message("a", 10), message("a", 9)});
  first.peers = {{"a", 1, {}}, {"b", 1, {}}};
  gathered.add(first);
  FeedbackRow tried = message("a", 10);
  tried.attempts = 3;
  Batch second = messages({tried});
  second.peers = {{"a", 2, {}}};
  gathered.add(second);
  CHECK_FALSE(gathered.empty());
  const Batch batch = gathered.take();
  CHECK(batch.peers == std::vector<PeerRow>{{"a", 2, {}}, {"b", 1, {}}});
  CHECK(batch.feedback == Messages{message("a", 9), tried, message("b", 2)});
  CHECK(batch.feedback_done.empty());
  CHECK(gathered.empty());
  CHECK(gathered.take().empty());
}

TEST_CASE("within one batch a message that is done beats its row") {
  Gathered gathered({}, {message("a", 1)});
  gathered.add(messages({message("a", 1), message("a", 2)}, {{"a", 1}, {"a", 2}}));
  const Batch batch = gathered.take();
  CHECK(batch.feedback.empty());
  CHECK(batch.feedback_done == Keys{{"a", 1}});
}

TEST_CASE("messages that are done with before the disk had them leave nothing behind") {
  Gathered gathered({});
  gathered.add(messages({message("a", 1)}));
  gathered.add(messages({}, {{"a", 1}, {"a", 7}}));
  CHECK(gathered.empty());
  // Nor when commits of them keep failing.
  for (std::uint64_t number = 2; number < 100; ++number) {
    gathered.add(messages({message("a", number)}));
    Batch failing = gathered.take();
    gathered.add(messages({}, {{"a", number}}));
    gathered.give_back(std::move(failing));
    CHECK(gathered.empty());
  }
}

TEST_CASE("a message that the disk has or may have is removed from it") {
  Gathered gathered({}, {message("a", 1)});
  gathered.add(messages({message("a", 2)}));
  REQUIRE(gathered.take().feedback.size() == 1);
  // While that is on its way:
  gathered.add(messages({}, {{"a", 1}, {"a", 2}}));
  gathered.written();
  CHECK(gathered.take().feedback_done == Keys{{"a", 1}, {"a", 2}});
  gathered.written();
  gathered.add(messages({}, {{"a", 1}, {"a", 2}}));
  CHECK(gathered.empty());
}

TEST_CASE("a batch that is given back goes beneath what came since") {
  Gathered gathered({}, {message("a", 1)});
  Batch first = messages({message("a", 2), message("a", 3)}, {{"a", 1}});
  first.rows = {row("web", 1), row("api", 1)};
  first.peers = {{"a", 1, {}}};
  gathered.add(first);
  Batch failing = gathered.take();
  FeedbackRow tried = message("a", 3);
  tried.attempts = 1;
  Batch second = messages({tried}, {{"a", 2}});
  second.rows = {row("web", 2)};
  second.peers = {{"a", 2, {}}};
  gathered.add(second);
  gathered.give_back(std::move(failing));
  const Batch batch = gathered.take();
  CHECK(batch.feedback == Messages{tried});
  CHECK(batch.feedback_done == Keys{{"a", 1}});
  CHECK(batch.peers == std::vector<PeerRow>{{"a", 2, {}}});
  CHECK(std::count(batch.rows.begin(), batch.rows.end(), row("web", 2)) == 1);
  CHECK(std::count(batch.rows.begin(), batch.rows.end(), row("api", 1)) == 1);
}
