#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/history_table.h"
#include "storage/records.h"

namespace ebbgate::storage {

/// Batches that wait for the disk, merged into one: the newest word on a workload, a peer or a
/// message wins, what is kept of history is bounded, and a message that was done with before the
/// disk had it leaves nothing behind; so memory stays bounded however long the disk takes.
class Gathered {
 public:
  /// `stored` is what the disk has of feedback already.
  explicit Gathered(HistoryBounds bounds, const std::vector<FeedbackRow>& stored = {});

  void set_bounds(HistoryBounds bounds) { bounds_ = bounds; }
  HistoryBounds bounds() const { return bounds_; }
  /// Within one batch a removal beats a row.
  void add(Batch batch);
  Batch take();
  /// What was taken last is on disk.
  void written();
  /// What was taken last is not on disk: it goes beneath what came since.
  void give_back(Batch batch);
  bool empty() const;
  /// History entries that found no room, since the beginning.
  std::uint64_t dropped() const { return dropped_; }

 private:
  using Entries = std::list<HistoryRow>;

  void add_history(HistoryRow entry);
  void drop_oldest_of(const WorkloadKey& key);
  bool may_be_stored(const FeedbackKey& key) const;

  HistoryBounds bounds_;
  std::unordered_map<WorkloadKey, std::optional<WorkloadRow>> workloads_;  ///< nothing: removed
  std::map<std::string, PeerRow> peers_;
  std::map<FeedbackKey, std::optional<FeedbackRow>> feedback_;  ///< nothing: removed
  std::set<FeedbackKey> stored_;                                ///< rows on disk
  std::set<FeedbackKey> taken_rows_;
  std::vector<FeedbackKey> taken_removals_;
  std::optional<BudgetRow> budget_;
  bool first_list_done_ = false;
  Entries history_;
  std::unordered_map<WorkloadKey, std::deque<Entries::iterator>> of_workload_;
  std::uint64_t dropped_ = 0;
};

}  // namespace ebbgate::storage
