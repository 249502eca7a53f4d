#include "storage/workload_table.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <SQLiteCpp/Database.h>

#include "storage/reference_list.h"
#include "storage/statement.h"

namespace ebbgate::storage {

namespace {

std::string_view bytes_of(const SQLite::Column& column) {
  return {static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}

std::optional<Digest> digest_of(const SQLite::Column& column) {
  const std::string_view bytes = bytes_of(column);
  Digest digest;
  if (bytes.size() != digest.bytes.size()) {
    return std::nullopt;
  }
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

// The digest must stay until the statement has run.
void bind_digest(SQLite::Statement& statement, int index, const std::optional<Digest>& digest) {
  if (digest) {
    statement.bindNoCopy(index, digest->bytes.data(), static_cast<int>(digest->bytes.size()));
  } else {
    statement.bind(index);
  }
}

WorkloadRow read_row(SQLite::Statement& statement) {
  WorkloadRow row;
  row.key = {statement.getColumn(0).getString(), statement.getColumn(1).getString(),
             statement.getColumn(2).getString()};
  row.level = statement.getColumn(3).getInt();
  row.answered_at = get_time<BootTime>(statement.getColumn(5));
  row.forgive_not_before = get_time<BootTime>(statement.getColumn(6));
  row.applied = digest_of(statement.getColumn(7));
  auto references = unpack_references(bytes_of(statement.getColumn(8)));
  if (!references) {
    throw std::runtime_error("the references of " + row.key.text() + " cannot be read");
  }
  row.references = *std::move(references);
  row.references_version = statement.getColumn(9).getInt();
  row.in_flight = statement.getColumn(10).getInt() != 0;
  row.witness = statement.getColumn(11).getString();
  row.rollout = static_cast<Rollout>(statement.getColumn(12).getInt());
  row.last_outcome = static_cast<LastOutcome>(statement.getColumn(13).getInt());
  row.last_update = get_time<WallTime>(statement.getColumn(14));
  row.counter = static_cast<std::uint64_t>(statement.getColumn(15).getInt64());
  row.incarnation = statement.getColumn(16).getString();
  row.revision = statement.getColumn(17).getString();
  row.adopted = statement.getColumn(18).getInt() != 0;
  row.tried = digest_of(statement.getColumn(19));
  row.repeats = statement.getColumn(20).getInt();
  row.failures = statement.getColumn(21).getInt();
  row.failing_since = get_time<WallTime>(statement.getColumn(22));
  if (const SQLite::Column cause = statement.getColumn(23); !cause.isNull()) {
    row.failure_cause = cause.getInt();
  }
  row.last_error = statement.getColumn(24).getString();
  row.pending_since = get_time<WallTime>(statement.getColumn(25));
  return row;
}

}  // namespace

WorkloadTable::WorkloadTable(SQLite::Database& database, std::string provider)
    : provider_(std::move(provider)),
      put_(database,
           "REPLACE INTO workload VALUES (?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?, "
           "?,?,?,?, ?,?,?)"),
      remove_(
          database,
          "DELETE FROM workload WHERE provider = ? AND namespace = ? AND kind = ? AND name = ?"),
      load_(database,
            "SELECT namespace, kind, name, level, boot, answered_at, forgive_not_before, applied,"
            " reference_list, references_version, in_flight, witness, rollout, last_outcome,"
            " last_update, counter, incarnation, revision, adopted, tried, repeats, failures,"
            " failing_since, failure_cause, last_error, pending_since FROM workload"
            " WHERE provider = ?") {}

void WorkloadTable::bind_key(SQLite::Statement& statement, const WorkloadKey& key) {
  statement.bindNoCopy(1, provider_);
  statement.bindNoCopy(2, key.namespace_name);
  statement.bindNoCopy(3, key.kind);
  statement.bindNoCopy(4, key.name);
}

void WorkloadTable::put(const WorkloadRow& row, std::int64_t boot) {
  const Rewind rewind(put_);
  const std::string references = pack_references(row.references);
  bind_key(put_, row.key);
  put_.bind(5, row.level);
  put_.bind(6, boot);
  bind_time(put_, 7, row.answered_at);
  bind_time(put_, 8, row.forgive_not_before);
  bind_digest(put_, 9, row.applied);
  put_.bindNoCopy(10, references.data(), static_cast<int>(references.size()));
  put_.bind(11, row.references_version);
  put_.bind(12, row.in_flight ? 1 : 0);
  put_.bindNoCopy(13, row.witness);
  put_.bind(14, static_cast<int>(row.rollout));
  put_.bind(15, static_cast<int>(row.last_outcome));
  bind_time(put_, 16, row.last_update);
  put_.bind(17, static_cast<std::int64_t>(row.counter));
  put_.bindNoCopy(18, row.incarnation);
  put_.bindNoCopy(19, row.revision);
  put_.bind(20, row.adopted ? 1 : 0);
  bind_digest(put_, 21, row.tried);
  put_.bind(22, row.repeats);
  put_.bind(23, row.failures);
  bind_time(put_, 24, row.failing_since);
  if (row.failure_cause) {
    put_.bind(25, *row.failure_cause);
  } else {
    put_.bind(25);
  }
  put_.bindNoCopy(26, row.last_error);
  bind_time(put_, 27, row.pending_since);
  put_.exec();
}

void WorkloadTable::remove(const WorkloadKey& key) {
  const Rewind rewind(remove_);
  bind_key(remove_, key);
  remove_.exec();
}

WorkloadTable::Rows WorkloadTable::load(std::int64_t boot) {
  const Rewind rewind(load_);
  Rows result;
  load_.bindNoCopy(1, provider_);
  while (load_.executeStep()) {
    WorkloadRow row = read_row(load_);
    if (load_.getColumn(4).getInt64() != boot) {
      if (row.level > 0 || row.in_flight) {
        result.comparable = false;
      } else {
        // Without a level nothing waits for it, and it must not be taken for a time of this boot.
        row.answered_at.reset();
      }
    }
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace ebbgate::storage
