#include "storage/database.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

#include "storage/database_hold.h"
#include "storage/feedback_table.h"
#include "storage/files.h"
#include "storage/peer_table.h"
#include "storage/schema.h"
#include "storage/sqlite_error.h"
#include "storage/store_row.h"
#include "storage/wal.h"
#include "storage/workload_table.h"

namespace ebbgate::storage {

namespace {

using Why = CannotOpen::Why;

// A database is closed without a checkpoint unless that is wanted: a WAL that vanishes behind the
// lock file's back would be taken for a loss.
void set_checkpoint_on_close(SQLite::Database& database, bool on) {
  database.check(sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                                   on ? 0 : 1, nullptr));
}

SQLite::Database open(const DatabaseOptions& options) {
  SQLite::Database database(options.file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, 0,
                            options.vfs);
  // Before anything is read: then the first look takes the lock that keeps everybody else off.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  return database;
}

void configure(SQLite::Database& database) {
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA wal_autocheckpoint = 0");
  database.exec("PRAGMA secure_delete = OFF");
}

std::string journal_mode(SQLite::Database& database) {
  return database.execAndGet("PRAGMA journal_mode").getString();
}

// Durable before the file is in WAL mode, by which it is no copy any more.
void set_copied(SQLite::Database& database) {
  database.exec("PRAGMA synchronous = EXTRA");
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  migrate(database, migrations());
  StoreRow::set_copied(database);
  transaction.commit();
}

void check_identity(SQLite::Database& database, const std::string& file) {
  const int application = database.execAndGet("PRAGMA application_id").getInt();
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  const int tables = database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt();
  if (application == 0 && version == 0 && tables == 0) {
    throw CannotOpen(Why::unborn, file + " is a database without content");
  }
  if (application != kApplicationId) {
    throw CannotOpen(Why::misnamed, file + kNoDatabaseOfOurs);
  }
  if (version > schema_version()) {
    throw CannotOpen(Why::newer,
                     file + " was written by a newer Ebbgate: its schema is of version " +
                         std::to_string(version) + ", this program knows versions up to " +
                         std::to_string(schema_version()) +
                         "; run the newer Ebbgate, or give another file as `database`");
  }
  if (version < 1) {
    throw CannotOpen(Why::damaged, file + ": schema version " + std::to_string(version));
  }
}

void check_integrity(SQLite::Database& database, const std::string& file) {
  const std::string result = database.execAndGet("PRAGMA quick_check(1)").getString();
  if (result != "ok") {
    throw CannotOpen(Why::damaged, file + " is corrupt: " + result);
  }
}

Why why_of(const SQLite::Exception& error) {
  switch (error.getErrorCode()) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // a table or a column is missing
    case SQLITE_MISMATCH:
    case -1:
      return Why::damaged;
    default:
      return error.getExtendedErrorCode() == SQLITE_IOERR_SHORT_READ ? Why::damaged : Why::other;
  }
}

// `database` as long as it is open.
CannotOpen cannot_open(const SQLite::Exception& error, const std::string& file,
                       sqlite3* database = nullptr) {
  const Why why = why_of(error);
  std::string advice;
  if (error.getErrorCode() == SQLITE_BUSY) {
    const int holder = holder_of(file).value_or(0);
    advice = "; another program has it open: close that one first" +
             (holder != 0 ? " (process " + std::to_string(holder) + ")" : "");
  } else if (is_lack_of_room(error, file)) {
    advice = "; free some space where it lies, and try again";
  } else if (why == Why::other) {
    advice = "; see to it that this process may read and write it and its folder";
  }
  return {why, "cannot open the database " + file + ": " + describe(error, database) + advice};
}

// Opens, and tells what goes wrong while that can still be told.
template <class Work>
void with_open(const DatabaseOptions& options, const Work& work) {
  try {
    SQLite::Database sqlite = open(options);
    try {
      work(sqlite);
    } catch (const SQLite::Exception& error) {
      throw cannot_open(error, options.file.string(), sqlite.getHandle());
    }
  } catch (const SQLite::Exception& error) {
    throw cannot_open(error, options.file.string());
  }
}

}  // namespace

struct Database::Connection {
  explicit Connection(const DatabaseOptions& chosen)
      : options(chosen),
        file(options.file),
        sqlite(open(options)),
        version(prepare_or_tell(*this)),
        store(sqlite, options.boot_id),
        workloads(sqlite, options.provider),
        peers(sqlite),
        feedback(sqlite),
        history(sqlite, options.provider, options.history) {}

  static int prepare_or_tell(Connection& connection) {
    try {
      return prepare(connection);
    } catch (const SQLite::Exception& error) {
      throw cannot_open(error, connection.file.string(), connection.sqlite.getHandle());
    }
  }

  static int prepare(Connection& connection) {
    SQLite::Database& sqlite = connection.sqlite;
    set_checkpoint_on_close(sqlite, false);
    check_identity(sqlite, connection.file.string());
    check_integrity(sqlite, connection.file.string());
    const int version = sqlite.execAndGet("PRAGMA user_version").getInt();
    if (journal_mode(sqlite) != "wal") {
      set_copied(sqlite);
    }
    configure(sqlite);
    sqlite3_wal_hook(
        sqlite.getHandle(),
        [](void* context, sqlite3*, const char*, int pages) {
          static_cast<Connection*>(context)->wal_pages = pages;
          return SQLITE_OK;
        },
        &connection);
    if (sqlite.execAndGet("PRAGMA user_version").getInt() < schema_version()) {
      SQLite::Transaction transaction(sqlite, SQLite::TransactionBehavior::IMMEDIATE);
      migrate(sqlite, migrations());
      transaction.commit();
    }
    return version;
  }

  void write(const Batch& batch) {
    if (history_uncertain) {
      history.reload();
      history_uncertain = false;
    }
    SQLite::Transaction transaction(sqlite, SQLite::TransactionBehavior::IMMEDIATE);
    history_uncertain = true;
    if (!store.same_boot()) {
      peers.begin_boot(BootClock::now());
    }
    store.write(batch);
    for (const WorkloadRow& row : batch.rows) {
      workloads.put(row, store.boot());
    }
    for (const WorkloadKey& key : batch.removed) {
      workloads.remove(key);
    }
    for (const PeerRow& row : batch.peers) {
      peers.put(row);
    }
    for (const FeedbackRow& row : batch.feedback) {
      feedback.put(row);
    }
    for (const FeedbackKey& key : batch.feedback_done) {
      feedback.remove(key);
    }
    history.add(batch.history);
    transaction.commit();
    history_uncertain = false;
    store.committed(batch);
  }

  const DatabaseOptions options;
  const std::filesystem::path file;
  int wal_pages = 0;
  SQLite::Database sqlite;
  const int version;
  StoreRow store;
  WorkloadTable workloads;
  PeerTable peers;
  FeedbackTable feedback;
  HistoryTable history;
  /// A transaction failed: what `history` keeps in memory may not be what is in its table.
  bool history_uncertain = false;
};

void Database::create(const DatabaseOptions& options, bool marked) {
  // SQLite gives its further files the mode of this one.
  create_private(options.file);
  // The transaction runs on a rollback journal, so that the file is whole as soon as it is there;
  // only then WAL is turned on.
  with_open(options, [&](SQLite::Database& sqlite) {
    sqlite.exec("PRAGMA synchronous = EXTRA");
    SQLite::Transaction transaction(sqlite, SQLite::TransactionBehavior::EXCLUSIVE);
    migrate(sqlite, migrations());
    StoreRow::create(sqlite, marked);
    transaction.commit();
    sqlite.exec("PRAGMA journal_mode = WAL");
  });
  sync_directory_of(options.file);
}

void Database::make_copy(const DatabaseOptions& options) {
  with_open(options, [&](SQLite::Database& sqlite) {
    check_identity(sqlite, options.file.string());
    check_integrity(sqlite, options.file.string());
    sqlite.exec("PRAGMA journal_mode = DELETE");
    if (journal_mode(sqlite) != "delete") {
      throw CannotOpen(Why::other, "cannot take the write-ahead log of " + options.file.string() +
                                       " into the database");
    }
  });
}

Database::Database(const DatabaseOptions& options) {
  try {
    connection_ = std::make_unique<Connection>(options);
  } catch (const SQLite::Exception& error) {
    throw cannot_open(error, options.file.string());
  }
}

Database::~Database() = default;

Loaded Database::load() {
  try {
    Loaded loaded;
    WorkloadTable::Rows rows = connection_->workloads.load(connection_->store.boot());
    loaded.rows = std::move(rows.rows);
    loaded.same_boot = rows.comparable && connection_->store.same_boot();
    if (copied()) {
      loaded.same_boot = false;
    } else {
      loaded.budget = connection_->store.budget();
    }
    loaded.peers = connection_->peers.load();
    loaded.feedback = connection_->feedback.load();
    return loaded;
  } catch (const SQLite::Exception& error) {
    throw cannot_open(error, connection_->file.string(), connection_->sqlite.getHandle());
  } catch (const std::runtime_error& error) {
    throw CannotOpen(Why::damaged, connection_->file.string() + " is corrupt: " + error.what());
  }
}

bool Database::marked() const {
  return connection_->store.marked();
}

bool Database::copied() const {
  return connection_->store.copied();
}

int Database::found_version() const {
  return connection_->version;
}

std::optional<std::string> Database::write(const Batch& batch) {
  try {
    connection_->write(batch);
    return std::nullopt;
  } catch (const SQLite::Exception& error) {
    return "cannot write the database " + connection_->file.string() + ": " +
           describe(error, connection_->sqlite.getHandle());
  }
}

void Database::bound_history(HistoryBounds bounds) {
  connection_->history.set_bounds(bounds);
}

std::optional<std::vector<HistoryRow>> Database::history(const std::optional<WorkloadKey>& key,
                                                         std::size_t limit) {
  try {
    return connection_->history.newest(key, limit);
  } catch (const SQLite::Exception&) {
    return std::nullopt;
  }
}

void Database::write_anew(const std::filesystem::path& file) {
  DatabaseOptions options = connection_->options;
  options.file = file;
  create_private(file);
  try {
    SQLite::Statement vacuum(connection_->sqlite, "VACUUM INTO ?");
    vacuum.bind(1, file.string());
    vacuum.exec();
  } catch (const SQLite::Exception& error) {
    throw cannot_open(error, file.string(), connection_->sqlite.getHandle());
  }
  with_open(options, [](SQLite::Database& sqlite) {
    sqlite.exec("PRAGMA synchronous = EXTRA");
    sqlite.exec("PRAGMA journal_mode = WAL");
  });
  sync_file(file);
}

int Database::wal_pages() const {
  return connection_->wal_pages;
}

std::optional<std::string> Database::checkpoint() {
  int pages = 0;
  int done = 0;
  const int result = sqlite3_wal_checkpoint_v2(connection_->sqlite.getHandle(), nullptr,
                                               SQLITE_CHECKPOINT_PASSIVE, &pages, &done);
  if (result != SQLITE_OK || pages != done) {
    return "cannot checkpoint the database " + connection_->file.string() + ": " +
           (result != SQLITE_OK ? describe_last_error(connection_->sqlite.getHandle())
                                : "it is in use");
  }
  connection_->wal_pages = 0;
  return std::nullopt;
}

void Database::remove_wal_on_close() {
  set_checkpoint_on_close(connection_->sqlite, true);
}

const DatabaseOptions& Database::options() const {
  return connection_->options;
}

const std::filesystem::path& Database::file() const {
  return connection_->file;
}

std::uint64_t Database::size_in_bytes() const {
  std::uint64_t total = 0;
  for (const std::filesystem::path& file : {connection_->file, wal_of(connection_->file)}) {
    std::error_code missing;
    const std::uintmax_t size = std::filesystem::file_size(file, missing);
    total += missing ? 0 : size;
  }
  return total;
}

}  // namespace ebbgate::storage
