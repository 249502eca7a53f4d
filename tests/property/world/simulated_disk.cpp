#include "tests/property/world/simulated_disk.h"

namespace ebbgate::property {

storage::Loaded SimulatedDisk::open(std::uint64_t boot) {
  storage::Loaded loaded;
  if (!exists_) {
    exists_ = true;
    return loaded;
  }
  if (missing_ || marked_) {
    *this = {};
    exists_ = true;
    born_after_loss_ = true;
  }
  loaded.found = born_after_loss_ ? storage::Found::lost : storage::Found::good;
  loaded.same_boot = boot_ == boot;
  for (const auto& [key, stored] : rows_) {
    storage::WorkloadRow row = stored.row;
    if (stored.boot != boot) {
      if (row.level > 0 || row.in_flight) {
        loaded.same_boot = false;
      } else {
        row.answered_at.reset();
      }
    }
    loaded.rows.push_back(std::move(row));
  }
  loaded.budget = budget_;
  return loaded;
}

void SimulatedDisk::write(const storage::Batch& batch, std::uint64_t boot) {
  boot_ = boot;
  for (const storage::WorkloadRow& row : batch.rows) rows_[row.key] = {row, boot};
  for (const WorkloadKey& key : batch.removed) rows_.erase(key);
  if (batch.budget) budget_ = batch.budget;
  if (batch.first_list_done) born_after_loss_ = false;
}

}  // namespace ebbgate::property
