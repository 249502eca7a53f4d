#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <SQLiteCpp/Statement.h>

#include "storage/records.h"

namespace ebbgate::storage {

/// The one row of table `store`: which boot last wrote, the marks of a store that was born after a
/// loss or was a copy, and the shared budget. Throws SQLite::Exception.
///
/// Boots are numbered, so that each workload's row can say which boot its times belong to.
class StoreRow {
 public:
  /// Within the transaction in which the tables are born.
  static void create(SQLite::Database& database, bool marked);
  /// Within the transaction in which a copy is first opened. One that was never written to lacks
  /// nothing.
  static void set_copied(SQLite::Database& database);

  /// `database` must outlive this.
  StoreRow(SQLite::Database& database, std::string boot_id);

  /// The number of this boot.
  std::int64_t boot() const { return boot_; }
  /// Whether the store was last written in this boot (or never).
  bool same_boot() const { return boot_written_; }
  bool marked() const { return marked_; }
  bool copied() const { return copied_; }
  /// Nothing too when it would be taken for this boot's and is not.
  std::optional<BudgetRow> budget();

  /// Writes what changed; tell committed() once the transaction is durable.
  void write(const Batch& batch);
  void committed(const Batch& batch);

 private:
  const std::string boot_id_;
  std::int64_t boot_ = 0;
  bool boot_written_ = false;
  bool marked_ = false;
  bool copied_ = false;
  SQLite::Statement write_budget_;
  SQLite::Statement read_budget_;
  SQLite::Statement write_boot_;
  SQLite::Statement unmark_;
};

}  // namespace ebbgate::storage
