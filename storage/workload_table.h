#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <SQLiteCpp/Statement.h>

#include "storage/records.h"

namespace ebbgate::storage {

/// The table of workloads, seen through one provider. Throws SQLite::Exception; of a row that makes
/// no sense, std::runtime_error.
class WorkloadTable {
 public:
  /// `database` must outlive this.
  WorkloadTable(SQLite::Database& database, std::string provider);

  /// Inserts or replaces; `boot` is the number of the boot that its times belong to.
  void put(const WorkloadRow& row, std::int64_t boot);
  void remove(const WorkloadKey& key);

  struct Rows {
    std::vector<WorkloadRow> rows;
    /// Whether all times that matter belong to `boot`.
    bool comparable = true;
  };
  Rows load(std::int64_t boot);

 private:
  void bind_key(SQLite::Statement& statement, const WorkloadKey& key);

  const std::string provider_;
  SQLite::Statement put_;
  SQLite::Statement remove_;
  SQLite::Statement load_;
};

}  // namespace ebbgate::storage
