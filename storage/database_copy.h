#pragma once

#include <filesystem>

#include "storage/database.h"

namespace ebbgate::storage {

/// Copies the state as it is now to one file, beside a process at work or without one; the state
/// itself is only read. The copy appears under its name when it is whole and synced, with mode
/// 0600; what has that name already stays, unless `overwrite`.
///
/// It needs nobody's help: a process at work keeps other programs from opening its database with
/// SQLite, but not from reading files, and what take_snapshot() reads is what a crash at that
/// moment would leave. So it also works where the process hangs or does not start.
///
/// The copy works with a rollback journal, as no database in use does
/// (DatabaseHeader::without_wal): thereby whoever opens it knows that it is a copy, and that a WAL
/// beside it belongs to another one.
///
/// Throws an exception with a message for people: there is no state or it is lost, it cannot be
/// read, `copy` exists or cannot be written; CannotOpen where the database is misnamed.
void copy_database(const DatabaseOptions& options, const std::filesystem::path& copy,
                   bool overwrite);

}  // namespace ebbgate::storage
