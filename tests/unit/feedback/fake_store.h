#pragma once

#include <map>
#include <vector>

#include "base/mutex.h"
#include "controller/feedback/feedback_service.h"

namespace ebbgate::feedback::testing {

/// What is on disk, as a restart would find it. Any thread.
class FakeStore final : public FeedbackStore {
 public:
  void submit(storage::Batch batch) override {
    const MutexLock lock(mutex_);
    ++submits_;
    write(batch);
  }
  bool commit(storage::Batch batch) override {
    const MutexLock lock(mutex_);
    while (held_) released_.wait(mutex_);
    write(batch);
    return !degraded_;
  }

  /// From now on commits fail; their rows come to the disk later all the same.
  void degrade() {
    const MutexLock lock(mutex_);
    degraded_ = true;
  }
  /// From now on commits wait until release().
  void hold() {
    const MutexLock lock(mutex_);
    held_ = true;
  }
  void release() {
    const MutexLock lock(mutex_);
    held_ = false;
    released_.notify_all();
  }

  std::vector<storage::FeedbackRow> messages() const {
    const MutexLock lock(mutex_);
    std::vector<storage::FeedbackRow> rows;
    for (const auto& [key, row] : messages_) rows.push_back(row);
    return rows;
  }
  std::vector<storage::PeerRow> peers() const {
    const MutexLock lock(mutex_);
    std::vector<storage::PeerRow> rows;
    for (const auto& [name, row] : peers_) rows.push_back(row);
    return rows;
  }
  int submits() const {
    const MutexLock lock(mutex_);
    return submits_;
  }

 private:
  void write(const storage::Batch& batch) EBBGATE_REQUIRES(mutex_) {
    for (const auto& row : batch.peers) peers_[row.name] = row;
    for (const auto& row : batch.feedback) messages_[{row.peer, row.number}] = row;
    for (const auto& key : batch.feedback_done) messages_.erase(key);
  }

  mutable Mutex mutex_;
  Condition released_;
  bool degraded_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool held_ EBBGATE_GUARDED_BY(mutex_) = false;
  int submits_ EBBGATE_GUARDED_BY(mutex_) = 0;
  std::map<std::string, storage::PeerRow> peers_ EBBGATE_GUARDED_BY(mutex_);
  std::map<storage::FeedbackKey, storage::FeedbackRow> messages_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate::feedback::testing
