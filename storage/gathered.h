#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>

#include "storage/history_table.h"
#include "storage/records.h"

namespace ebbgate::storage {

/// Batches that wait for the disk, merged into one: the newest word on a workload wins, and what is
/// kept of history is bounded, so memory stays bounded however long the disk takes.
class Gathered {
 public:
  explicit Gathered(HistoryBounds bounds) : bounds_(bounds) {}

  void set_bounds(HistoryBounds bounds) { bounds_ = bounds; }
  HistoryBounds bounds() const { return bounds_; }
  /// Within one batch a removal beats a row.
  void add(Batch batch);
  Batch take();
  bool empty() const;
  /// History entries that found no room, since the beginning.
  std::uint64_t dropped() const { return dropped_; }

 private:
  using Entries = std::list<HistoryRow>;

  void add_history(HistoryRow entry);
  void drop_oldest_of(const WorkloadKey& key);

  HistoryBounds bounds_;
  std::unordered_map<WorkloadKey, std::optional<WorkloadRow>> workloads_;  ///< nothing: removed
  std::optional<BudgetRow> budget_;
  bool first_list_done_ = false;
  Entries history_;
  std::unordered_map<WorkloadKey, std::deque<Entries::iterator>> of_workload_;
  std::uint64_t dropped_ = 0;
};

}  // namespace ebbgate::storage
