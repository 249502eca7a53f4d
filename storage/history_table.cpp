#include "storage/history_table.h"

#include <algorithm>
#include <utility>

#include <SQLiteCpp/Database.h>

#include "storage/statement.h"

namespace ebbgate::storage {

namespace {

// Trimming a little below the bound makes it a rare part of a commit.
std::size_t trimmed(std::size_t bound) {
  return bound - bound / 10;
}

WorkloadKey read_key(SQLite::Statement& statement) {
  return {statement.getColumn(1).getString(), statement.getColumn(2).getString(),
          statement.getColumn(3).getString()};
}

HistoryRow read_entry(SQLite::Statement& statement) {
  HistoryRow entry;
  entry.key = read_key(statement);
  entry.at = WallTime(WallTime::duration(statement.getColumn(4).getInt64()));
  entry.kind = static_cast<HistoryKind>(statement.getColumn(5).getInt());
  entry.level = statement.getColumn(6).getInt();
  entry.detail = statement.getColumn(7).getString();
  return entry;
}

}  // namespace

HistoryTable::HistoryTable(SQLite::Database& database, std::string provider, HistoryBounds bounds)
    : provider_(std::move(provider)),
      bounds_(bounds),
      insert_(database, "INSERT INTO history VALUES (?,?,?,?,?, ?,?,?,?)"),
      delete_(database, "DELETE FROM history WHERE id = ?"),
      select_(database,
              "SELECT id, namespace, kind, name, at, what, level, detail FROM history"
              " WHERE id = ?"),
      select_newest_(database,
                     "SELECT id, namespace, kind, name, at, what, level, detail FROM history"
                     " WHERE provider = ? ORDER BY id DESC LIMIT ?"),
      select_ids_(database, "SELECT id, namespace, kind, name, provider FROM history ORDER BY id") {
  reload();
}

void HistoryTable::reload() {
  const Rewind rewind(select_ids_);
  entries_.clear();
  of_workload_.clear();
  while (select_ids_.executeStep()) {
    const Id id = select_ids_.getColumn(0).getInt64();
    std::optional<WorkloadKey>& key = entries_[id];
    if (select_ids_.getColumn(4).getString() == provider_) {
      key = read_key(select_ids_);
      of_workload_[*key].push_back(id);
    }
  }
}

void HistoryTable::add(const std::vector<HistoryRow>& entries) {
  for (const HistoryRow& entry : entries) {
    insert(entry);
    trim(entry.key);
  }
  trim_all();
}

void HistoryTable::insert(const HistoryRow& entry) {
  const Rewind rewind(insert_);
  const Id id = entries_.empty() ? 1 : entries_.rbegin()->first + 1;
  insert_.bind(1, id);
  insert_.bindNoCopy(2, provider_);
  insert_.bindNoCopy(3, entry.key.namespace_name);
  insert_.bindNoCopy(4, entry.key.kind);
  insert_.bindNoCopy(5, entry.key.name);
  insert_.bind(6, to_integer(entry.at));
  insert_.bind(7, static_cast<int>(entry.kind));
  insert_.bind(8, entry.level);
  insert_.bindNoCopy(9, entry.detail);
  insert_.exec();
  entries_.emplace(id, entry.key);
  of_workload_[entry.key].push_back(id);
}

void HistoryTable::trim(const WorkloadKey& key) {
  std::deque<Id>& ids = of_workload_[key];
  if (ids.size() <= bounds_.per_workload) {
    return;
  }
  while (ids.size() > trimmed(bounds_.per_workload)) {
    erase(ids.front());
    ids.pop_front();
  }
  forget(key);
}

void HistoryTable::trim_all() {
  if (entries_.size() <= bounds_.keep) {
    return;
  }
  while (entries_.size() > trimmed(bounds_.keep)) {
    const auto [id, key] = *entries_.begin();
    erase(id);
    if (key) {
      of_workload_[*key].pop_front();
      forget(*key);
    }
  }
}

void HistoryTable::erase(Id id) {
  const Rewind rewind(delete_);
  delete_.bind(1, id);
  delete_.exec();
  entries_.erase(id);
}

void HistoryTable::forget(const WorkloadKey& key) {
  const auto found = of_workload_.find(key);
  if (found != of_workload_.end() && found->second.empty()) {
    of_workload_.erase(found);
  }
}

std::vector<HistoryRow> HistoryTable::newest(const std::optional<WorkloadKey>& key,
                                             std::size_t limit) {
  std::vector<HistoryRow> result;
  if (!key) {
    const Rewind rewind(select_newest_);
    select_newest_.bindNoCopy(1, provider_);
    select_newest_.bind(2, static_cast<std::int64_t>(std::min(limit, bounds_.keep)));
    while (select_newest_.executeStep()) {
      result.push_back(read_entry(select_newest_));
    }
    return result;
  }
  const auto found = of_workload_.find(*key);
  if (found == of_workload_.end()) {
    return result;
  }
  const std::deque<Id>& ids = found->second;
  for (auto id = ids.rbegin(); id != ids.rend() && result.size() < limit; ++id) {
    const Rewind rewind(select_);
    select_.bind(1, *id);
    if (select_.executeStep()) {
      result.push_back(read_entry(select_));
    }
  }
  return result;
}

}  // namespace ebbgate::storage
