#include "storage/open_files.h"

#include <utility>

#include "storage/database_draft.h"
#include "storage/set_aside.h"
#include "storage/wal.h"

namespace ebbgate::storage {

OpenFiles::OpenFiles(std::unique_ptr<DatabaseHold> hold, std::unique_ptr<Database> database)
    : hold_(std::move(hold)), database_(std::move(database)) {
  remember_names();
}

void OpenFiles::remember_names() {
  database_file_ = identity_of(database_->file());
  wal_ = identity_of(wal_of(database_->file()));
}

std::optional<std::filesystem::path> OpenFiles::missing() const {
  const std::filesystem::path& file = database_->file();
  if (!database_file_ || identity_of(file) != database_file_) {
    return file;
  }
  if (!wal_ || identity_of(wal_of(file)) != wal_) {
    return wal_of(file);
  }
  return std::nullopt;
}

void OpenFiles::write_anew(WallTime now) {
  const DatabaseOptions options = database_->options();
  const DatabaseDraft draft(draft_of(options.file));
  database_->write_anew(draft.file());
  if (identity_of(options.file) != database_file_) {
    const DatabaseHold nobody_else_is_at_work(options.file);
  }
  replace_database(draft.file(), options.file, "replaced", now);
  auto hold = std::make_unique<DatabaseHold>(options.file);
  auto database = std::make_unique<Database>(options);
  database_ = std::move(database);
  hold_ = std::move(hold);
  remember_names();
}

void OpenFiles::close() {
  database_.reset();
  hold_.reset();
}

}  // namespace ebbgate::storage
