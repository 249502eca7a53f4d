#include "storage/feedback_table.h"

#include <SQLiteCpp/Database.h>

#include "storage/statement.h"

namespace ebbgate::storage {

FeedbackTable::FeedbackTable(SQLite::Database& database)
    : put_(database, "REPLACE INTO feedback VALUES (?,?,?,?,?)"),
      remove_(database, "DELETE FROM feedback WHERE peer = ? AND number = ?"),
      load_(database,
            "SELECT peer, number, job_id, line, attempts FROM feedback ORDER BY peer, number") {}

void FeedbackTable::put(const FeedbackRow& row) {
  const Rewind rewind(put_);
  put_.bindNoCopy(1, row.peer);
  put_.bind(2, static_cast<std::int64_t>(row.number));
  put_.bindNoCopy(3, row.job_id);
  put_.bindNoCopy(4, row.line);
  put_.bind(5, row.attempts);
  put_.exec();
}

void FeedbackTable::remove(const FeedbackKey& key) {
  const Rewind rewind(remove_);
  remove_.bindNoCopy(1, key.peer);
  remove_.bind(2, static_cast<std::int64_t>(key.number));
  remove_.exec();
}

std::vector<FeedbackRow> FeedbackTable::load() {
  const Rewind rewind(load_);
  std::vector<FeedbackRow> rows;
  while (load_.executeStep()) {
    rows.push_back({load_.getColumn(0).getString(),
                    static_cast<std::uint64_t>(load_.getColumn(1).getInt64()),
                    load_.getColumn(2).getString(), load_.getColumn(3).getString(),
                    load_.getColumn(4).getInt()});
  }
  return rows;
}

}  // namespace ebbgate::storage
