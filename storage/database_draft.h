#pragma once

#include <filesystem>

namespace ebbgate::storage {

/// A database file while it is made, beside the one that it is to become: what this name and those
/// that SQLite adds to it have is removed at the beginning and at the end, so that nothing is left
/// where the work ends early.
class DatabaseDraft {
 public:
  explicit DatabaseDraft(std::filesystem::path file);
  ~DatabaseDraft();
  DatabaseDraft(const DatabaseDraft&) = delete;
  DatabaseDraft& operator=(const DatabaseDraft&) = delete;

  const std::filesystem::path& file() const { return file_; }

 private:
  void clear() const;

  const std::filesystem::path file_;
};

/// The draft's name of what is to take the place of `database`; to be used by whoever holds its
/// lock file.
std::filesystem::path draft_of(const std::filesystem::path& database);

}  // namespace ebbgate::storage
