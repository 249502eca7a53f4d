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
