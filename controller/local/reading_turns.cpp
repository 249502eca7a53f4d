#include "controller/local/reading_turns.h"

#include <utility>

namespace ebbgate::local {

bool ReadingTurns::take(const WatchEntry& entry, const std::vector<WorkloadKey>& users) {
  if (waiting_.contains(entry)) return false;
  for (const WorkloadKey& user : users) {
    if (!queues_.try_emplace(user).second) continue;
    turns_.emplace(entry, user);
    return true;
  }
  for (const WorkloadKey& user : users) queues_.at(user).push_back(entry);
  waiting_.insert(entry);
  return false;
}

std::optional<WatchEntry> ReadingTurns::give_back(const WatchEntry& entry) {
  const auto turn = turns_.find(entry);
  if (turn == turns_.end()) return std::nullopt;
  const WorkloadKey user = std::move(turn->second);
  turns_.erase(turn);
  const auto found = queues_.find(user);
  std::deque<WatchEntry>& queue = found->second;
  while (!queue.empty()) {
    WatchEntry next = std::move(queue.front());
    queue.pop_front();
    // Others may have had their turn for it meanwhile.
    if (waiting_.erase(next) == 0) continue;
    turns_.emplace(next, user);
    return next;
  }
  queues_.erase(found);
  return std::nullopt;
}

}  // namespace ebbgate::local
