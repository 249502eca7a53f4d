#include "storage/gathered.h"

#include <iterator>
#include <utility>

namespace ebbgate::storage {

void Gathered::add(Batch batch) {
  for (WorkloadRow& row : batch.rows) {
    WorkloadKey key = row.key;
    workloads_.insert_or_assign(std::move(key), std::move(row));
  }
  for (WorkloadKey& key : batch.removed) {
    workloads_.insert_or_assign(std::move(key), std::nullopt);
  }
  if (batch.budget) {
    budget_ = batch.budget;
  }
  first_list_done_ = first_list_done_ || batch.first_list_done;
  for (HistoryRow& entry : batch.history) {
    add_history(std::move(entry));
  }
}

void Gathered::add_history(HistoryRow entry) {
  const WorkloadKey key = entry.key;
  history_.push_back(std::move(entry));
  auto& of_this = of_workload_[key];
  of_this.push_back(std::prev(history_.end()));
  if (of_this.size() > bounds_.per_workload) {
    drop_oldest_of(key);
  }
  if (history_.size() > bounds_.keep) {
    drop_oldest_of(WorkloadKey(history_.front().key));
  }
}

void Gathered::drop_oldest_of(const WorkloadKey& key) {
  const auto found = of_workload_.find(key);
  history_.erase(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) {
    of_workload_.erase(found);
  }
  ++dropped_;
}

Batch Gathered::take() {
  Batch batch;
  batch.rows.reserve(workloads_.size());
  for (auto& [key, row] : workloads_) {
    if (row) {
      batch.rows.push_back(*std::move(row));
    } else {
      batch.removed.push_back(key);
    }
  }
  batch.budget = std::exchange(budget_, std::nullopt);
  batch.first_list_done = std::exchange(first_list_done_, false);
  batch.history.assign(std::make_move_iterator(history_.begin()),
                       std::make_move_iterator(history_.end()));
  workloads_.clear();
  history_.clear();
  of_workload_.clear();
  return batch;
}

bool Gathered::empty() const {
  return workloads_.empty() && !budget_ && !first_list_done_ && history_.empty();
}

}  // namespace ebbgate::storage
