#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "storage/records.h"

namespace ebbgate::property {

/// What survives a process, as the product's database and lock file keep it.
class SimulatedDisk {
 public:
  /// What a start on this boot finds.
  storage::Loaded open(std::uint64_t boot);
  void write(const storage::Batch& batch, std::uint64_t boot);
  void mark(bool lost) { marked_ = lost; }
  /// The database is gone, the lock file says that there was one.
  void lose_database() { missing_ = exists_; }
  /// Both are gone.
  void wipe() { *this = {}; }

 private:
  struct Stored {
    storage::WorkloadRow row;
    std::uint64_t boot = 0;
  };

  bool exists_ = false;
  bool missing_ = false;
  bool marked_ = false;           // the lock file
  bool born_after_loss_ = false;  // the database
  std::uint64_t boot_ = 0;        // that it was last written in
  std::map<WorkloadKey, Stored> rows_;
  std::optional<storage::BudgetRow> budget_;
};

}  // namespace ebbgate::property
