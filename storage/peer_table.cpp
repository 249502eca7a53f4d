#include "storage/peer_table.h"

#include <SQLiteCpp/Database.h>

#include "storage/statement.h"

namespace ebbgate::storage {

PeerTable::PeerTable(SQLite::Database& database)
    : begin_boot_(database, "UPDATE peer SET failed_at = ?"),
      put_(database, "REPLACE INTO peer VALUES (?,?,?)"),
      load_(database, "SELECT name, level, failed_at FROM peer ORDER BY name") {}

void PeerTable::begin_boot(BootTime now) {
  const Rewind rewind(begin_boot_);
  begin_boot_.bind(1, to_integer(now));
  begin_boot_.exec();
}

void PeerTable::put(const PeerRow& row) {
  const Rewind rewind(put_);
  put_.bindNoCopy(1, row.name);
  put_.bind(2, row.level);
  put_.bind(3, to_integer(row.failed_at));
  put_.exec();
}

std::vector<PeerRow> PeerTable::load() {
  const Rewind rewind(load_);
  std::vector<PeerRow> rows;
  while (load_.executeStep()) {
    rows.push_back({load_.getColumn(0).getString(), load_.getColumn(1).getInt(),
                    BootTime(Duration(load_.getColumn(2).getInt64()))});
  }
  return rows;
}

}  // namespace ebbgate::storage
