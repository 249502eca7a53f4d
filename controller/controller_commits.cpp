#include <algorithm>
#include <utility>

#include "controller/controller.h"
#include "controller/records.h"

// What the Controller writes down, and what it does about the answers.
namespace ebbgate {

using governor::Handle;

void Controller::committed(storage::Sequence sequence) {
  free(durability_.committed(sequence, clock_.now().boot));
}

void Controller::commit_failed(const std::string& error) {
  durability_.commit_failed(error);
}

void Controller::marked_lost(bool durable) {
  free(durability_.marked_lost(durable, clock_.now().boot));
}

void Controller::free(const std::vector<Durability::Waiting>& freed) {
  freed_.insert(freed_.end(), freed.begin(), freed.end());
}

// Only once the whole round has been heard: what is sent is the newest that is known.
void Controller::let_go() {
  for (const Durability::Waiting& waiting : std::exchange(freed_, {})) {
    if (waiting.attempt == 0) {
      first_commit_done_ = true;
      start_deciding();
    } else {
      governor_.committed(clock_.now(), waiting.workload, waiting.attempt);
    }
  }
}

void Controller::write_down(Handle handle) {
  to_write_.push_back(handle);
}

storage::BudgetRow Controller::budget_row() const {
  const BootTime now = clock_.now().boot;
  return {governor_.bucket().tokens(now), now, term_};
}

void Controller::persist() {
  std::vector<Handle> later;
  std::sort(to_write_.begin(), to_write_.end());
  to_write_.erase(std::unique(to_write_.begin(), to_write_.end()), to_write_.end());
  for (const Handle handle : to_write_) {
    const auto record = records_.find(handle);
    if (record == records_.end()) continue;
    if (record->second.preparing) {
      // The witness goes into the same commit as the attempt.
      later.push_back(handle);
    } else {
      batch_.rows.push_back(row(handle));
    }
  }
  to_write_ = std::move(later);
  if (!batch_.rows.empty()) batch_.budget = budget_row();
  storage::Sequence sequence = 0;
  if (!batch_.empty()) {
    sequence = store_.submit(std::exchange(batch_, {}));
    durability_.submitted(sequence, clock_.now().boot);
  }
  for (Durability::Waiting waiting : std::exchange(to_commit_, {})) {
    waiting.sequence = sequence;
    if (waiting.attempt != 0 && provider_.carries_state()) {
      free({waiting});
    } else {
      durability_.wait_for(waiting);
    }
  }
}

storage::WorkloadRow Controller::row(Handle handle) const {
  const WorkloadRecord& record = records_.at(handle);
  storage::WorkloadRow row;
  row.key = governor_.workload(handle).key;
  const governor::Memory memory = governor_.memory(handle);
  update_row(row, memory);
  update_row_times(row, memory, clock_.now());
  if (row.applied && record.applied) set_references(row, *record.applied);
  row.adopted = !record.adopt;
  row.counter = record.counter;
  row.incarnation = record.incarnation;
  row.revision = record.revision;
  row.witness = record.witness;
  row.last_outcome = record.last_outcome;
  row.last_update = record.last_update;
  if (memory.failing) {
    row.last_error = record.last_error;
  } else if (memory.rollout == governor::Rollout::failed) {
    row.last_error = record.why_not_ready();
  }
  return row;
}

}  // namespace ebbgate
