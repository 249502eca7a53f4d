#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/governor/decision.h"
#include "controller/governor/memory.h"
#include "controller/references.h"
#include "storage/records.h"

/// The Governor's values as rows of the store, and back.
namespace ebbgate {

/// `now` places moments that are stored by the wall clock on the boot clock; none lies ahead of it.
governor::Memory memory_of(const storage::WorkloadRow& row, Instant now);
/// Sets all but what is stored by the wall clock.
void update_row(storage::WorkloadRow& row, const governor::Memory& memory);
/// Sets what is stored by the wall clock.
void update_row_times(storage::WorkloadRow& row, const governor::Memory& memory, Instant now);

std::vector<Reference> references_of(const storage::WorkloadRow& row);
void set_references(storage::WorkloadRow& row, const std::vector<Reference>& references);

/// What the history says of a decision; nothing for those that it leaves out. A refused attempt and
/// its retries are told once each.
std::optional<storage::HistoryRow> history_entry(const governor::Decision& decision,
                                                 const WorkloadKey& key, Instant now,
                                                 const std::string& detail);

/// When a moment on the boot clock is, on the wall clock.
WallTime wall_time(Instant now, BootTime at);

}  // namespace ebbgate
