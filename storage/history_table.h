#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <SQLiteCpp/Statement.h>

#include "storage/records.h"

namespace ebbgate::storage {

struct HistoryBounds {
  std::size_t keep = 10000;
  std::size_t per_workload = 200;
};

/// The table of history, never longer than its bounds: a workload that has too many entries loses
/// its own oldest ones, so a storm of one does not push out the others'. Throws SQLite::Exception.
///
/// Which entries there are is kept in memory: the table then needs no second index, and a commit
/// appends to one page.
class HistoryTable {
 public:
  /// `database` must outlive this.
  HistoryTable(SQLite::Database& database, std::string provider, HistoryBounds bounds);

  /// Other bounds, from the next entries on.
  void set_bounds(HistoryBounds bounds) { bounds_ = bounds; }
  /// Adds entries and trims. When the transaction around it fails, call reload() before the next.
  void add(const std::vector<HistoryRow>& entries);
  void reload();

  /// The newest first; of one workload, or of all.
  std::vector<HistoryRow> newest(const std::optional<WorkloadKey>& key, std::size_t limit);

 private:
  using Id = std::int64_t;

  void insert(const HistoryRow& entry);
  void trim(const WorkloadKey& key);
  void trim_all();
  void erase(Id id);
  void forget(const WorkloadKey& key);

  const std::string provider_;
  HistoryBounds bounds_;
  SQLite::Statement insert_;
  SQLite::Statement delete_;
  SQLite::Statement select_;
  SQLite::Statement select_newest_;
  SQLite::Statement select_ids_;
  /// Every entry, oldest first; of another provider's without its key.
  std::map<Id, std::optional<WorkloadKey>> entries_;
  std::unordered_map<WorkloadKey, std::deque<Id>> of_workload_;
};

}  // namespace ebbgate::storage
