#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "storage/database.h"
#include "storage/records.h"

namespace ebbgate::storage {

/// What `ebbgate check` says of stored state.
struct Inspection {
  /// What a start would find, were nobody using it.
  Found found = Found::fresh;
  std::string reason;        ///< of a loss
  std::string reason_label;  ///< the same as one word, as in Loaded
  std::string refusal;  ///< why a start would refuse it and change nothing; empty: it would not
  std::optional<int> schema_version;  ///< absent: there is no database, or it cannot be read
  std::size_t workloads = 0;
  int highest_level = 0;
  bool in_use = false;
  std::optional<int> holder;  ///< the process that has it open, where that can be told
};

/// Looks at a copy of database and WAL in a temporary folder, as merely opening the originals would
/// change them. Works while another process has them open. Throws an exception with a message for
/// people when the files cannot be read or copied, or the database is misnamed (CannotOpen).
Inspection inspect_store(const DatabaseOptions& options);

}  // namespace ebbgate::storage
