#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "storage/records.h"

namespace ebbgate::storage {

/// Counts submitted batches, from 1.
using Sequence = std::uint64_t;

/// Who hears what became of batches. Called from any thread; must not block.
class StateStoreListener {
 public:
  virtual ~StateStoreListener() = default;
  /// Everything submitted up to `sequence` is on disk.
  virtual void committed(Sequence sequence) = 0;
  /// A commit failed; the store keeps the rows and tries again by itself.
  virtual void commit_failed(const std::string& error) = 0;
  /// The answer to mark_lost().
  virtual void marked_lost(bool durable) = 0;
};

/// Where state survives, as the loop sees it: nothing here ever waits for the disk.
///
/// While one commit is under way, later batches gather into one (the newest row of a workload
/// wins, history is bounded), so that commits group by themselves and memory stays bounded.
class StateStore {
 public:
  virtual ~StateStore() = default;
  virtual Sequence submit(Batch batch) = 0;
  /// Asks for the lock file's mark under which the next start treats the state as lost; answered
  /// through the listener, with `false` when the disk did not take it within a second. The next
  /// good commit takes the mark away.
  virtual void mark_lost() = 0;
};

}  // namespace ebbgate::storage
