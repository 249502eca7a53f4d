#include "tests/unit/controller/controller_test_support.h"

#include "controller/records.h"

namespace ebbgate::testing {

namespace {

ControllerSettings unlimited() {
  ControllerSettings settings;
  settings.limits.budget.rate.reset();
  settings.policy = std::make_shared<governor::Policy>(governor::BackoffSettings{},
                                                       governor::SettleSettings{0s, 0s});
  return settings;
}

}  // namespace

std::optional<storage::WorkloadRow> StoreByHand::row(const WorkloadKey& key) const {
  std::optional<storage::WorkloadRow> found;
  for (const storage::Batch& batch : batches) {
    for (const storage::WorkloadRow& row : batch.rows) {
      if (row.key == key) found = row;
    }
    for (const WorkloadKey& removed : batch.removed) {
      if (removed == key) found.reset();
    }
  }
  return found;
}

Bench::Bench() : Bench(storage::Loaded{}) {}

Bench::Bench(const storage::Loaded& loaded)
    : settings(unlimited()),
      controller(settings, clock, store, provider, observer, [] { return 0.5; }) {
  policy = settings.policy;
  controller.begin(loaded);
  controller.turn();
}

Observation Bench::observation(const std::map<std::string, std::string>& contents) const {
  Observation observation;
  observation.key = key;
  observation.policy = policy;
  observation.judged = judged;
  observation.adopt = adopt;
  observation.missing = missing;
  observation.hold = hold;
  if (missing.empty()) observation.references = references(contents);
  return observation;
}

void Bench::settle_in(const std::map<std::string, std::string>& contents) {
  observe(contents);
  list();
  commit_all();
}

void Bench::update(Outcome outcome) {
  round([&] { controller.prepared(provider.last.id, "witness"); });
  commit_all();
  answer(outcome);
}

void Bench::answer(Outcome outcome, const std::string& detail) {
  Answer answer;
  answer.outcome = outcome;
  answer.detail = detail;
  round([&] { controller.answered(provider.last.id, answer); });
}

std::vector<storage::HistoryKind> Bench::history() const {
  std::vector<storage::HistoryKind> kinds;
  for (const storage::Batch& batch : store.batches) {
    for (const storage::HistoryRow& entry : batch.history) kinds.push_back(entry.kind);
  }
  return kinds;
}

References references(const std::map<std::string, std::string>& contents) {
  std::vector<Reference> list;
  list.reserve(contents.size());
  for (const auto& [name, content] : contents) list.push_back({name, sha256(content)});
  return std::make_shared<const std::vector<Reference>>(std::move(list));
}

storage::WorkloadRow row_of(const WorkloadKey& key, const References& applied) {
  storage::WorkloadRow row;
  row.key = key;
  if (applied) {
    row.applied = fingerprint_of(*applied);
    set_references(row, *applied);
  }
  return row;
}

}  // namespace ebbgate::testing
