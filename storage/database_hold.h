#pragma once

#include <filesystem>
#include <optional>

#include "base/descriptor.h"

namespace ebbgate::storage {

/// Keeps every other Ebbgate off a database file as long as it lives, even one that finds no lock
/// file, as that was removed.
///
/// It locks one byte behind those that SQLite locks. The lock belongs to this descriptor
/// (F_OFD_SETLK), so that it stays when somebody else in this process opens and closes the same
/// file, which would take SQLite's own locks away. Other programs are kept off by SQLite's
/// exclusive lock alone.
///
/// It has to outlive the SQLite connection of this process: letting go closes a descriptor of the
/// file.
class DatabaseHold {
 public:
  /// Of the file that has this name now; of nothing where there is none, or it cannot be opened,
  /// which SQLite will tell. Throws DatabaseInUse.
  explicit DatabaseHold(const std::filesystem::path& database);

 private:
  Descriptor file_;
};

/// The process that has the database open, by the locks on its file: 0 when it cannot be told
/// which. To be called by a process that has not opened it itself.
std::optional<int> holder_of(const std::filesystem::path& database);

}  // namespace ebbgate::storage
