#pragma once

#include <filesystem>

namespace ebbgate::storage {

/// Refuses a database beside which something that is no regular file has a name of ours (a
/// symbolic link too: it may lead to somebody else's file), a lock file that is somebody else's, or
/// files larger than any state: SQLite would wait for a pipe, and a look at them takes a copy. To
/// be called before anything is opened; it only looks.
///
/// Throws CannotOpen (other), std::system_error when they cannot be looked at.
void refuse_unusable(const std::filesystem::path& database);

}  // namespace ebbgate::storage
