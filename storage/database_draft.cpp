#include "storage/database_draft.h"

#include <system_error>
#include <utility>

#include "storage/files.h"

namespace ebbgate::storage {

DatabaseDraft::DatabaseDraft(std::filesystem::path file) : file_(std::move(file)) {
  clear();
}

DatabaseDraft::~DatabaseDraft() {
  clear();
}

void DatabaseDraft::clear() const {
  for (const char* ending : {"", "-wal", "-journal", "-shm"}) {
    std::error_code ignored;
    std::filesystem::remove(with_ending(file_, ending), ignored);
  }
}

std::filesystem::path draft_of(const std::filesystem::path& database) {
  return with_ending(database, ".new");
}

}  // namespace ebbgate::storage
