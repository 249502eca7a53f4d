#pragma once

#include <vector>

#include <SQLiteCpp/Statement.h>

#include "storage/records.h"

namespace ebbgate::storage {

/// The table of messages that wait for feedback's peers. Throws SQLite::Exception.
class FeedbackTable {
 public:
  /// `database` must outlive this.
  explicit FeedbackTable(SQLite::Database& database);

  /// Inserts or replaces.
  void put(const FeedbackRow& row);
  /// Nothing happens where there is no such row.
  void remove(const FeedbackKey& key);
  /// By peer and number.
  std::vector<FeedbackRow> load();

 private:
  SQLite::Statement put_;
  SQLite::Statement remove_;
  SQLite::Statement load_;
};

}  // namespace ebbgate::storage
