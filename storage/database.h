#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "storage/history_table.h"
#include "storage/records.h"

namespace ebbgate::storage {

struct DatabaseOptions {
  std::filesystem::path file;
  std::string provider;  ///< whose workloads these are
  std::string boot_id;   ///< of this boot; empty: unknown, and never the same as another
  HistoryBounds history;
  std::string vfs;  ///< SQLite's name of the file system to use; empty: the default one
};

/// Why there is no Database. The message says what is wrong, where, and what to do.
class CannotOpen : public std::runtime_error {
 public:
  enum class Why : std::uint8_t {
    damaged,   ///< not (or not all) of a database can be read
    unborn,    ///< a database without any content
    misnamed,  ///< `database` is to name another file; nothing was made or changed
    newer,     ///< written by a newer Ebbgate
    other,     ///< permissions, an input or output error
  };
  CannotOpen(Why why, const std::string& message) : std::runtime_error(message), why_(why) {}
  Why why() const { return why_; }

 private:
  Why why_;
};

/// What is said behind the name of a file that is none.
inline constexpr const char* kNoDatabaseOfOurs =
    " is no Ebbgate database: name another file in `database`";

/// The state's file: one connection, WAL, synchronous=FULL, nobody else may open it meanwhile.
/// One thread at a time. Each call lasts as long as the disk likes.
class Database {
 public:
  /// Makes a new database in one transaction, `marked` or not; the file must be missing, empty or
  /// unborn. It is durable with its name when this returns, and nobody but its owner may read it,
  /// nor what SQLite keeps beside it. Throws CannotOpen, std::system_error.
  static void create(const DatabaseOptions& options, bool marked);

  /// Makes of a database and its WAL one file that is a copy, in rollback mode and of the version
  /// that it has. Throws CannotOpen.
  static void make_copy(const DatabaseOptions& options);

  /// Opens, checks and, where it is of an older version, migrates. Throws CannotOpen, and then has
  /// changed nothing.
  ///
  /// A copy (DatabaseHeader::without_wal) is put into WAL mode, and marked as copied before.
  explicit Database(const DatabaseOptions& options);
  /// Closes and leaves the WAL as it is.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Everything but how it was found. Throws CannotOpen (damaged).
  Loaded load();
  /// Born after a loss, and Batch::first_list_done was not written since.
  bool marked() const;
  /// It was a copy when it was first opened, and Batch::first_list_done was not written since. Then
  /// load() tells what was true when it was made: times of no boot that can be compared, no budget.
  bool copied() const;
  /// The version that the file had when it was opened.
  int found_version() const;

  /// One transaction. Nothing once it is durable, else why it is not; then nothing of it was done.
  [[nodiscard]] std::optional<std::string> write(const Batch& batch);

  /// Other bounds of the history, from the next write on.
  void bound_history(HistoryBounds bounds);

  /// The newest first; of one workload, or of all. Nothing when it cannot be read.
  std::optional<std::vector<HistoryRow>> history(const std::optional<WorkloadKey>& key,
                                                 std::size_t limit);

  /// Makes of the state as it is now a whole database in `file`, which must be missing or empty:
  /// durable, private, no copy (copied()) and closed. It needs no name of the open one. Throws
  /// CannotOpen, std::system_error.
  void write_anew(const std::filesystem::path& file);

  /// Pages in the WAL that were written and not checkpointed.
  int wal_pages() const;
  /// Nothing once everything is in the database file, so that the WAL may be lost.
  [[nodiscard]] std::optional<std::string> checkpoint();
  /// Makes the destructor, where checkpoint() just succeeded, remove the WAL too.
  void remove_wal_on_close();

  const std::filesystem::path& file() const;
  const DatabaseOptions& options() const;
  /// Of database and WAL together.
  std::uint64_t size_in_bytes() const;

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace ebbgate::storage
