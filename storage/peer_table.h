#pragma once

#include <vector>

#include <SQLiteCpp/Statement.h>

#include "storage/records.h"

namespace ebbgate::storage {

/// The table of feedback's peers. Throws SQLite::Exception.
class PeerTable {
 public:
  /// `database` must outlive this.
  explicit PeerTable(SQLite::Database& database);

  /// Before anything else is written in a boot: what failed in an earlier one counts as failed
  /// `now`, so that all times belong to one boot.
  void begin_boot(BootTime now);
  /// Inserts or replaces.
  void put(const PeerRow& row);
  std::vector<PeerRow> load();

 private:
  SQLite::Statement begin_boot_;
  SQLite::Statement put_;
  SQLite::Statement load_;
};

}  // namespace ebbgate::storage
