#pragma once

#include <filesystem>

namespace ebbgate::storage {

/// Refuses what somebody named as the database by mistake: a folder, a file in a folder that does
/// not exist, a file that is neither a database of ours nor, by a lock file of ours beside it, was
/// one. To be called before anything is made or moved; it only reads.
///
/// Throws CannotOpen (misnamed), std::system_error when the file cannot be read.
void refuse_misnamed(const std::filesystem::path& database);

}  // namespace ebbgate::storage
