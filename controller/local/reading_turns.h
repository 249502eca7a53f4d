#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/workload_key.h"
#include "controller/local/watch_entry.h"

namespace ebbgate::local {

/// Lets at most one read go on for each workload. An entry of several workloads is read on behalf
/// of the first that has its turn, so that what hangs for one of them holds up no other. Used by
/// one thread.
class ReadingTurns {
 public:
  /// Takes a turn for reading `entry`; false: all of its users have a read going on, and it gets
  /// the turn of the first whose read ends.
  bool take(const WatchEntry& entry, const std::vector<WorkloadKey>& users);
  /// The read of `entry` is over. Returns what may be read now; its turn is taken already.
  std::optional<WatchEntry> give_back(const WatchEntry& entry);
  /// It need not be read any more. A turn that it had is to be given back.
  void forget(const WatchEntry& entry) { waiting_.erase(entry); }

 private:
  std::map<WorkloadKey, std::deque<WatchEntry>> queues_;  // of those whose turn is taken
  std::map<WatchEntry, WorkloadKey> turns_;
  std::set<WatchEntry> waiting_;
};

}  // namespace ebbgate::local
