#include "storage/store_row.h"

#include <utility>

#include <SQLiteCpp/Database.h>

#include "storage/statement.h"

namespace ebbgate::storage {

void StoreRow::create(SQLite::Database& database, bool marked) {
  SQLite::Statement insert(
      database, "INSERT INTO store (id, boot_id, boot_number, marked) VALUES (1, '', 0, ?)");
  insert.bind(1, marked ? 1 : 0);
  insert.exec();
}

void StoreRow::set_copied(SQLite::Database& database) {
  database.exec("UPDATE store SET copied = 1 WHERE boot_number > 0");
}

StoreRow::StoreRow(SQLite::Database& database, std::string boot_id)
    : boot_id_(std::move(boot_id)),
      write_budget_(database,
                    "UPDATE store SET budget_tokens = ?, budget_at = ?, budget_boot = ?,"
                    " budget_term = ?"),
      read_budget_(database,
                   "SELECT budget_tokens, budget_at, budget_boot, budget_term FROM store"
                   " WHERE budget_tokens IS NOT NULL"),
      write_boot_(database, "UPDATE store SET boot_id = ?, boot_number = ?"),
      unmark_(database, "UPDATE store SET marked = 0, copied = 0") {
  SQLite::Statement select(database, "SELECT boot_id, boot_number, marked, copied FROM store");
  if (!select.executeStep()) {
    throw SQLite::Exception("table store has no row");
  }
  boot_written_ = !boot_id_.empty() && select.getColumn(0).getString() == boot_id_;
  boot_ = select.getColumn(1).getInt64() + (boot_written_ ? 0 : 1);
  marked_ = select.getColumn(2).getInt() != 0;
  copied_ = select.getColumn(3).getInt() != 0;
}

std::optional<BudgetRow> StoreRow::budget() {
  const Rewind rewind(read_budget_);
  if (!read_budget_.executeStep() ||
      (boot_written_ && read_budget_.getColumn(2).getInt64() != boot_)) {
    return std::nullopt;
  }
  return BudgetRow{read_budget_.getColumn(0).getDouble(),
                   BootTime(Duration(read_budget_.getColumn(1).getInt64())),
                   read_budget_.getColumn(3).getString()};
}

void StoreRow::write(const Batch& batch) {
  if (!boot_written_) {
    const Rewind rewind(write_boot_);
    write_boot_.bindNoCopy(1, boot_id_);
    write_boot_.bind(2, boot_);
    write_boot_.exec();
  }
  if (batch.first_list_done && (marked_ || copied_)) {
    const Rewind rewind(unmark_);
    unmark_.exec();
  }
  if (batch.budget) {
    const Rewind rewind(write_budget_);
    write_budget_.bind(1, batch.budget->tokens);
    write_budget_.bind(2, to_integer(batch.budget->at));
    write_budget_.bind(3, boot_);
    write_budget_.bindNoCopy(4, batch.budget->term);
    write_budget_.exec();
  }
}

void StoreRow::committed(const Batch& batch) {
  boot_written_ = true;
  marked_ = marked_ && !batch.first_list_done;
  copied_ = copied_ && !batch.first_list_done;
}

}  // namespace ebbgate::storage
