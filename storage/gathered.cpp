#include "storage/gathered.h"

#include <iterator>
#include <utility>

namespace ebbgate::storage {

namespace {

FeedbackKey key_of(const FeedbackRow& row) {
  return {row.peer, row.number};
}

}  // namespace

Gathered::Gathered(HistoryBounds bounds, const std::vector<FeedbackRow>& stored) : bounds_(bounds) {
  for (const FeedbackRow& row : stored) {
    stored_.insert(key_of(row));
  }
}

void Gathered::add(Batch batch) {
  for (WorkloadRow& row : batch.rows) {
    WorkloadKey key = row.key;
    workloads_.insert_or_assign(std::move(key), std::move(row));
  }
  for (WorkloadKey& key : batch.removed) {
    workloads_.insert_or_assign(std::move(key), std::nullopt);
  }
  for (PeerRow& row : batch.peers) {
    std::string name = row.name;
    peers_.insert_or_assign(std::move(name), std::move(row));
  }
  for (FeedbackRow& row : batch.feedback) {
    FeedbackKey key = key_of(row);
    feedback_.insert_or_assign(std::move(key), std::move(row));
  }
  for (FeedbackKey& key : batch.feedback_done) {
    if (may_be_stored(key)) {
      feedback_.insert_or_assign(std::move(key), std::nullopt);
    } else {
      feedback_.erase(key);
    }
  }
  if (batch.budget) {
    budget_ = batch.budget;
  }
  first_list_done_ = first_list_done_ || batch.first_list_done;
  for (HistoryRow& entry : batch.history) {
    add_history(std::move(entry));
  }
}

bool Gathered::may_be_stored(const FeedbackKey& key) const {
  return stored_.contains(key) || taken_rows_.contains(key);
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
  for (auto& [name, row] : peers_) {
    batch.peers.push_back(std::move(row));
  }
  for (auto& [key, row] : feedback_) {
    if (row) {
      taken_rows_.insert(key);
      batch.feedback.push_back(*std::move(row));
    } else {
      batch.feedback_done.push_back(key);
    }
  }
  taken_removals_ = batch.feedback_done;
  batch.budget = std::exchange(budget_, std::nullopt);
  batch.first_list_done = std::exchange(first_list_done_, false);
  batch.history.assign(std::make_move_iterator(history_.begin()),
                       std::make_move_iterator(history_.end()));
  workloads_.clear();
  peers_.clear();
  feedback_.clear();
  history_.clear();
  of_workload_.clear();
  return batch;
}

void Gathered::written() {
  stored_.merge(std::exchange(taken_rows_, {}));
  for (const FeedbackKey& key : std::exchange(taken_removals_, {})) {
    stored_.erase(key);
  }
}

void Gathered::give_back(Batch batch) {
  Batch newer = take();
  taken_rows_.clear();
  taken_removals_.clear();
  add(std::move(batch));
  add(std::move(newer));
}

bool Gathered::empty() const {
  return workloads_.empty() && peers_.empty() && feedback_.empty() && !budget_ &&
         !first_list_done_ && history_.empty();
}

}  // namespace ebbgate::storage
