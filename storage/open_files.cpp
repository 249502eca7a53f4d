#include "storage/open_files.h"

#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "storage/database_draft.h"
#include "storage/set_aside.h"
#include "storage/wal.h"

namespace ebbgate::storage {

namespace {

constexpr const char* kWhy = "replaced";
constexpr int kMostKept = 32;

// Whoever replaces the files again and again must not fill the disk with what was set aside.
void refuse_more(const std::filesystem::path& database) {
  const std::string beginning = database.filename().string() + "." + kWhy + "-";
  int kept = 0;
  std::error_code unreadable;
  for (std::filesystem::directory_iterator file(folder_of(database), unreadable);
       file != std::filesystem::directory_iterator(); file.increment(unreadable)) {
    kept += file->path().filename().string().starts_with(beginning) ? 1 : 0;
  }
  if (kept >= kMostKept) {
    throw std::runtime_error(
        "too much was set aside already: find out who replaces the files, and "
        "remove " +
        with_ending(database, "." + std::string(kWhy) + "-*").string());
  }
}

}  // namespace

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
  refuse_more(options.file);
  const DatabaseDraft draft(draft_of(options.file));
  database_->write_anew(draft.file());
  if (identity_of(options.file) != database_file_) {
    const DatabaseHold nobody_else_is_at_work(options.file);
  }
  replace_database(draft.file(), options.file, kWhy, now);
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
